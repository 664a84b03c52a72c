import {
  assembleMatch,
  compileMonitors,
  evaluateBlock,
  type EvmReceipt,
  explainMatch,
  type Explanation,
  factsNeeded,
} from '@smt/engine'
import { CliError } from '../cli-error.ts'
import {
  type AskedTransaction,
  type Evaluation,
  type NetworkDeps,
  type NetworkResult,
  shownMonitors,
} from './network.ts'
import { openEvmChain } from './open-chain.ts'

/** Fetches one block and evaluates it. Throws RpcError; never turns a failure into no match. */
export async function evaluateEvm(
  deps: NetworkDeps,
  { network, monitors, block: wanted }: Evaluation,
): Promise<NetworkResult> {
  const { signal } = deps
  const chain = openEvmChain(deps, network)
  const inputs = monitors.map(({ file, config }) => ({ key: file, configuration: config }))
  const index = compileMonitors(network.slug, inputs)
  const number = wanted ?? (await chain.head({ signal }))
  const data = await chain.block(number, { signal })
  const { receiptHashes } = factsNeeded(index, data)
  const receipts =
    receiptHashes.length === 0
      ? new Map<string, EvmReceipt>()
      : await chain.receipts(data.block, receiptHashes, { signal })
  const result = evaluateBlock(index, data, { receipts })
  const shown = shownMonitors(monitors)
  return {
    block: number,
    matches: result.matches.flatMap(({ key, item, matchedOn, matchedOnArgs, withReceipt }) => {
      const monitor = shown.get(key)
      if (monitor === undefined) return []
      const parts = { item, matchedOn, matchedOnArgs, withReceipt }
      return [assembleMatch({ chain: 'EVM', monitor, networkSlug: network.slug, ...parts })]
    }),
    failures: result.failures.map(({ key, error }) => ({ file: key, error })),
  }
}

/** Why a monitor matches a transaction or does not. Throws RpcError. */
export async function explainEvm(
  deps: NetworkDeps,
  { network, monitor, txHash: digits }: AskedTransaction,
): Promise<Explanation> {
  const { signal } = deps
  const chain = openEvmChain(deps, network)
  const txHash = `0x${digits}`
  const { receipt, blockNumber } = await chain.locate(txHash, { signal })
  const data = await chain.block(blockNumber, { signal })
  if (receipt.blockHash !== null && receipt.blockHash !== data.block.hash) {
    throw new CliError(`${network.slug}: the chain was reorganised meanwhile; try again.`, { exitCode: 1 })
  }
  return explainMatch({ configuration: monitor.config, data, txHash, receipt })
}
