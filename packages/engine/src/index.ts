export { JsonNumber, parseJson, stringifyJson, type JsonValue } from './config/json.ts'
export { JsonSyntaxError } from './config/json-syntax-error.ts'
export type { Checked, Problem, ProblemCode } from './config/problem.ts'
export { networkSchema, networkTypes, type NetworkConfig, type NetworkType } from './config/network.ts'
export { monitorSchema, type MonitorConfig } from './config/monitor.ts'
export { contractSpecSchema, type ContractSpec } from './config/contract-spec.ts'
export { evmAbiSchema, type EvmAbi, type EvmAbiParameter } from './config/evm-abi.ts'
export { stellarSpecSchema, type StellarSpec } from './config/stellar-spec.ts'
export { solanaIdlSchema, type SolanaIdl } from './config/solana-idl.ts'
export { triggerTypes, type SentTriggerType, type TriggerType } from './channels/channels.ts'
export {
  triggerConfigKind,
  triggerSchema,
  triggerSecretFields,
  type ChannelConfig,
  type TriggerConfig,
} from './config/trigger.ts'
export { type ScriptConfig } from './config/script.ts'
export { type RetryPolicy } from './config/retry-policy.ts'
export { secretKind, secretSchema, type Secret, type SecretKind } from './config/secret.ts'
export { cronIntervalMs } from './config/cron.ts'
export { recommendedPastBlocks } from './config/past-blocks.ts'
export { checkNetwork } from './config/check-network.ts'
export { checkMonitor } from './config/check-monitor.ts'
export { checkTrigger } from './config/check-trigger.ts'
export { renderMonitor, renderNetwork, renderTrigger } from './config/render.ts'
export { signatureProblems } from './config/signature.ts'
export {
  unsupportedInMonitor,
  unsupportedInNetwork,
  unsupportedInTrigger,
  unsupportedTriggerType,
} from './config/unsupported.ts'
export { listSecrets, mapSecrets, type ConfigKind, type ConfigOf, type SecretPlace } from './config/secret-places.ts'
export { ChainDataError } from './evm/chain-data-error.ts'
export { parseEvmBlock, type EvmBlock } from './evm/block.ts'
export { type EvmTransaction } from './evm/transaction.ts'
export { parseEvmLogs, type EvmLog } from './evm/log.ts'
export { parseEvmReceipt, parseEvmReceipts, type EvmReceipt } from './evm/receipt.ts'
export { type JsonObject } from './evm/json-object.ts'
export { keccak256 } from './evm/keccak.ts'
export { evaluateExpression, type ExpressionChain, type ExpressionResult } from './expression/evaluate-expression.ts'
export { compileExpression, type CompiledExpression } from './expression/compile-expression.ts'
export { createParameters, type ExpressionParameter, type ExpressionParameters } from './expression/parameters.ts'
export { type StructuredValue } from './expression/structured-value.ts'
export { checkExpression } from './expression/check-expression.ts'
export {
  type DeclaredParameter,
  type ExpressionFinding,
  type ExpressionFindingCode,
} from './expression/expression-finding.ts'
export { parseExpression } from './expression/parse-expression.ts'
export { printExpression } from './expression/print-expression.ts'
export { ExpressionSyntaxError } from './expression/expression-syntax-error.ts'
export { EXPRESSION_DEPTH_MAX, type Expression, type ExpressionDialect } from './expression/expression.ts'
export { type ExpressionTrace } from './expression/expression-trace.ts'
export { type ExpressionErrorClass } from './expression/operand.ts'
export { type MatchArgument } from './evm/argument-decoder.ts'
export { checkConditions } from './matching/evm/check-conditions.ts'
export { EngineError, type EngineErrorCode } from './matching/engine-error.ts'
export { type MonitorInput } from './matching/evm/compiled-monitor.ts'
export { compileMonitors, type MonitorIndex } from './matching/evm/monitor-index.ts'
export { type BlockData } from './matching/evm/candidates.ts'
export { factsNeeded, type FactsNeeded } from './matching/evm/facts-needed.ts'
export {
  evaluateBlock,
  type BlockFacts,
  type BlockResult,
  type EvaluationFailure,
} from './matching/evm/evaluate-block.ts'
export {
  type ArgumentEntry,
  type ChainItem,
  type EngineMatch,
  type MatchedOn,
  type MatchedOnArgs,
  type MatchedSignature,
  type MatchedTransaction,
} from './matching/match.ts'
export { explainMatch, type ExplainInput } from './matching/evm/explain.ts'
export { type Explanation } from './matching/explanation.ts'
export {
  assembleMatch,
  type EvmMatchObject,
  type EvmMatchParts,
  type MatchObject,
  type MatchParts,
} from './matching/assemble-match.ts'
export { type StellarMatchObject, type StellarMatchParts } from './matching/stellar/assemble-ledger-match.ts'
export { type StellarExtensions, stellarExtensionsSchema } from './matching/stellar/extensions.ts'
export { compileStellarMonitors, type StellarIndex, type StellarNetwork } from './matching/stellar/ledger-index.ts'
export { type StellarMonitorInput } from './matching/stellar/compiled-ledger-monitor.ts'
export { contractsNeeded } from './matching/stellar/contracts-needed.ts'
export { evaluateLedger } from './matching/stellar/evaluate-ledger.ts'
export {
  type ContractUpgrade,
  type LedgerFacts,
  type LedgerResult,
  type Undecoded,
} from './matching/stellar/ledger-result.ts'
export {
  type LedgerItem,
  type MatchPositions,
  type StellarMatch,
  type StellarMatchedOn,
  type StellarMatchedOnArgs,
} from './matching/stellar/ledger-match.ts'
export { explainLedgerMatch, type ExplainLedgerInput } from './matching/stellar/explain-ledger.ts'
export { type LedgerExplanation } from './matching/stellar/ledger-explanation.ts'
export { checkStellarConditions, type StellarCheck } from './matching/stellar/check-stellar-conditions.ts'
export { checkStellarExtensions } from './matching/stellar/check-stellar-extensions.ts'
export { matchVariables, type MatchFacts } from './template/match-variables.ts'
export {
  renderTemplate,
  renderTemplateParts,
  type TemplatePart,
  TemplateTooLongError,
} from './template/render-template.ts'
export {
  type LedgerData,
  type StellarEvent,
  type StellarLedger,
  type StellarTransaction,
} from './stellar/ledger-data.ts'
export { readLedgerOf } from './stellar/node-values.ts'
export { parseStellarLedger, type ParsedLedger } from './stellar/ledger.ts'
export { hashOfResults } from './stellar/results-hash.ts'
export { parseStellarTransaction } from './stellar/transaction.ts'
export { parseStellarEvent } from './stellar/event.ts'
export { type Reading } from './stellar/reading.ts'
export { decodeXdr, encodeXdr, type XdrType } from './stellar/xdr.ts'
export { XdrError } from './stellar/xdr-error.ts'
export { decodeBase64, encodeBase64 } from './stellar/base64.ts'
export { baseAccountOf, decodeStrkey, encodeStrkey, type Strkey, type StrkeyKind } from './stellar/strkey.ts'
export { type Asset, assetContractId, parseAsset, printAsset } from './stellar/asset.ts'
export {
  contractCodeKey,
  type ContractExecutable,
  contractInstanceKey,
  readCodeEntry,
  readInstanceEntry,
} from './stellar/contract-entries.ts'
export { readContractSpec } from './stellar/contract-spec-reader.ts'
export { type ExecutableUpdate, readExecutableUpdate } from './stellar/executable-update.ts'
export { declaredParametersOf, type OperationType, operationTypes } from './stellar/operation.ts'
