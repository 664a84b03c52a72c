import type { MonitorConfig } from '../../config/monitor.ts'
import { formsOf } from '../../expression/operand.ts'
import type { ExpressionParameters } from '../../expression/parameters.ts'
import type { LedgerData, StellarTransaction } from '../../stellar/ledger-data.ts'
import { XdrError } from '../../stellar/xdr-error.ts'
import { type ConditionRecord, createConditionRecord } from '../condition-record.ts'
import { EngineError } from '../engine-error.ts'
import { type CompiledLedgerMonitor, compileLedgerMonitor, createLedgerParts } from './compiled-ledger-monitor.ts'
import { createInterfaceLookup } from './contract-interfaces.ts'
import { evaluateLedgerMonitor, type LedgerTriedOn } from './evaluate-ledger-monitor.ts'
import { explainCall, explainEvent, explainOperation, type LedgerProbe } from './explain-ledger-evidence.ts'
import type { StellarExtensions } from './extensions.ts'
import { ledgerDecodingOf } from './ledger-decoding.ts'
import type { LedgerExplanation, StellarTransactionsGate } from './ledger-explanation.ts'
import type { LedgerFacts } from './ledger-result.ts'
import { createLedgerSubject, type LedgerSubject } from './ledger-subject.ts'
import { preparedOperations } from './prepared-operation.ts'

export type ExplainLedgerInput = {
  configuration: MonitorConfig
  extensions?: StellarExtensions | undefined
  /** What the contract ids of assets are derived from. */
  passphrase: string | undefined
  data: LedgerData
  /** Lower-case hex, as in the ledger. */
  txHash: string
  /** At least what contractsNeeded names for this monitor alone. */
  facts: LedgerFacts
}

/**
 * Why a monitor matches a transaction of a ledger or does not. The conditions are tried by the code that evaluates ledgers,
 * which tells what it saw; this adds how everything was read and why some conditions were never tried. Throws EngineError:
 * `unknown_transaction` when the ledger has no such transaction, `missing_fact` as evaluateLedger.
 */
export function explainLedgerMatch(input: ExplainLedgerInput): LedgerExplanation {
  const { configuration, extensions, passphrase, data, txHash, facts } = input
  const transaction = data.transactions.find(({ hash }) => hash === txHash)
  if (transaction === undefined) {
    throw new EngineError('unknown_transaction', `Ledger ${data.ledger.sequence} has no transaction ${txHash}.`)
  }
  const place = { order: 0, passphrase, parts: createLedgerParts() }
  const monitor = compileLedgerMonitor({ key: '', configuration, extensions }, place)
  const decoding = ledgerDecodingOf(data)
  const record = createConditionRecord<LedgerTriedOn>()
  const probe: LedgerProbe = { monitor, decoding, interfaceOf: createInterfaceLookup(facts), record }

  const events = data.events.filter((event) => event.txHash === txHash).map((event) => explainEvent(probe, event))
  const envelope = decoding.envelope(transaction)
  const calls = callsOf(probe, transaction).map((call) => explainCall(probe, call))
  const read = envelope === undefined || envelope instanceof XdrError ? [] : preparedOperations(envelope, transaction)
  const operations = (read instanceof XdrError ? [] : read).map((operation) => explainOperation(probe, operation))
  const subject = createLedgerSubject(transaction, { decoding, sequence: data.ledger.sequence })

  const candidate = {
    monitor,
    events: events.flatMap(({ hit }) => hit ?? []),
    calls: calls.flatMap(({ hit }) => hit ?? []),
    operations: operations.flatMap(({ hit }) => hit ?? []),
  }
  const problem = [envelope, read].find((each) => each instanceof XdrError)
  const matched = tryToEvaluate(() => evaluateLedgerMonitor(candidate, subject, record.observe) !== undefined)
  const explainedEvents = events.map(({ explain }) => explain())
  const explainedCalls = calls.map(({ explain }) => explain())
  const { events: onEvents, functions: onFunctions } = configuration.match_conditions
  const gates = {
    events: { configured: onEvents.length > 0, passed: hasMatch(explainedEvents), events: explainedEvents },
    functions: { configured: onFunctions.length > 0, passed: hasMatch(explainedCalls), calls: explainedCalls },
    operations: operationsGate(
      extensions,
      operations.map(({ explain }) => explain()),
    ),
    transactions: transactionsGate(monitor, { subject, record, isReadable: !(envelope instanceof XdrError) }),
  }
  const rule = ruleOf(gates)
  return {
    matched,
    summary: summaryOf(gates, { matched, rule, problem }),
    transaction: { hash: txHash, status: subject.status, undecoded: problem?.message ?? null },
    gates: { ...gates, combination: { passed: matched, rule } },
  }
}

/** Nested calls are told of although nobody asked for them, for that is why a condition may not have seen them. */
function callsOf({ decoding }: LedgerProbe, transaction: StellarTransaction) {
  const all = decoding.calls(transaction, 'nested')
  if (!(all instanceof XdrError)) return all
  const direct = decoding.calls(transaction, 'direct')
  return direct instanceof XdrError ? [] : direct
}

/** What cannot be decoded is in the explanation already, and no match. */
function tryToEvaluate(evaluate: () => boolean): boolean {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof XdrError) return false
    throw error
  }
}

const hasMatch = (items: readonly { outcome: string }[]): boolean => items.some(({ outcome }) => outcome === 'matched')

function operationsGate(
  extensions: StellarExtensions | undefined,
  operations: LedgerExplanation['gates']['operations']['operations'],
): LedgerExplanation['gates']['operations'] {
  const passed = operations.some(({ conditions }) => conditions.some(({ result }) => result === true))
  return { configured: (extensions?.operations ?? []).length > 0, passed, operations }
}

function transactionsGate(
  { transactionConditions }: CompiledLedgerMonitor,
  {
    subject,
    record,
    isReadable,
  }: { subject: LedgerSubject; record: ConditionRecord<LedgerTriedOn>; isReadable: boolean },
): StellarTransactionsGate {
  const sets: readonly ExpressionParameters[] = isReadable ? subject.parameterSets() : []
  const attempts = [subject.statusOnly, ...sets].map((parameters) => {
    const explained = record.explain(transactionConditions, parameters)
    const conditions = transactionConditions.flatMap((condition, position) => {
      const own = explained[position]
      const isOwn = (condition.expression === null) === (parameters === subject.statusOnly)
      if (own === undefined || !isOwn) return []
      const differs = condition.status !== 'Any' && condition.status !== subject.status
      return [{ ...own, status: condition.status, ...(differs ? { result: 'status_differs' as const } : {}) }]
    })
    const variables = [...parameters.operands].map(([name, operand]) => ({
      name,
      kind: operand.kind,
      value: formsOf(operand).text,
    }))
    return { variables, conditions }
  })
  return {
    configured: transactionConditions.length > 0,
    passed: attempts.some(({ conditions }) => conditions.some(({ result }) => result === true)),
    // The variables are worth showing without conditions too; an attempt with neither is not.
    attempts: attempts.filter(({ variables, conditions }) => variables.length + conditions.length > 0),
  }
}

type Gates = Omit<LedgerExplanation['gates'], 'combination'>

/** The table of spec/05 §10.5, in words. */
function ruleOf(gates: Gates): string {
  const evidence = (['events', 'functions', 'operations'] as const).filter((name) => gates[name].configured)
  const proof = evidence.length > 1 ? `(${evidence.join(' or ')})` : evidence[0]
  const parts = [proof, gates.transactions.configured ? 'transactions' : undefined].filter((part) => part !== undefined)
  return parts.length === 0 ? 'any transaction' : parts.join(' and ')
}

function summaryOf(
  gates: Gates,
  { matched, rule, problem }: { matched: boolean; rule: string; problem: XdrError | undefined },
): string {
  if (matched) return `Matched: ${rule}.`
  const unproven = (['events', 'functions', 'operations'] as const).filter((name) => gates[name].configured)
  if (unproven.length > 0 && unproven.every((name) => !gates[name].passed)) {
    const names = unproven.map((name) => name.slice(0, -1)).join(' or ')
    const reason = problem === undefined ? '' : ', and the transaction cannot be decoded'
    return `Not matched: no ${names} condition holds${reason}.`
  }
  if (problem !== undefined) return 'Not matched: the transaction cannot be decoded.'
  const { attempts } = gates.transactions
  const isOtherStatus = attempts.some(({ conditions }) => conditions.some(({ result }) => result === 'status_differs'))
  return `Not matched: no transaction condition holds${isOtherStatus ? ', and some want another status' : ''}.`
}
