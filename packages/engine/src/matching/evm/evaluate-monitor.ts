import type { EvmReceipt } from '../../evm/receipt.ts'
import type { EvmTransaction } from '../../evm/transaction.ts'
import type { ExpressionParameters } from '../../expression/parameters.ts'
import type { CallHit, Candidate, EventHit } from './candidates.ts'
import type { CompiledMonitor } from './compiled-monitor.ts'
import type { Condition, TransactionCondition } from '../condition.ts'
import type { ConditionObserver } from '../condition-record.ts'
import { EngineError } from '../engine-error.ts'
import type { ArgumentEntry, EngineMatch, MatchedSignature, MatchedTransaction } from '../match.ts'
import { receiptVariable, transactionParameters } from './transaction-parameters.ts'

/** One transaction, for all monitors that it may concern. */
export type Subject = {
  transaction: EvmTransaction
  receipt: EvmReceipt | undefined
  /** What transaction conditions see, made when first asked for. */
  parameters: () => ExpressionParameters
}

export type Evidence = Pick<EngineMatch, 'matchedOn' | 'matchedOnArgs'>

/** Told of each condition that is tried on a log, a call or the transaction. */
export type MonitorObserver = ConditionObserver<TriedOn>

/** What a condition was tried on. */
export type TriedOn = EventHit | CallHit | Subject

export function createSubject(transaction: EvmTransaction, receipt: EvmReceipt | undefined): Subject {
  let memo: ExpressionParameters | undefined
  return { transaction, receipt, parameters: () => (memo ??= transactionParameters(transaction, receipt)) }
}

/**
 * Whether the monitor matches the transaction, and on what: (events or functions) and transactions, of what is configured
 * (spec/04 §4.8). With an observer every group is evaluated, also when the result is already known.
 */
export function evaluateMonitor(
  candidate: Candidate,
  subject: Subject,
  observe?: MonitorObserver,
): Evidence | undefined {
  const { monitor } = candidate
  const events = matchEvents(candidate.events, observe)
  const functions = matchCall(candidate.call, observe)
  const isProven = !monitor.needsEvidence || events.length > 0 || functions.length > 0
  if (!isProven && observe === undefined) return undefined
  const transactions = matchTransaction(monitor, subject, observe)
  if (!isProven || (monitor.transactionConditions.length > 0 && transactions.length === 0)) return undefined
  return {
    matchedOn: {
      functions: functions.map(({ matched }) => matched),
      events: events.map(({ matched }) => matched),
      transactions,
    },
    matchedOnArgs: { functions: entriesOf(functions), events: entriesOf(events) },
  }
}

/**
 * Whether the result depends on the receipt: some condition on the transaction may still hold, and nothing else speaks
 * against a match. The status is always the true one (docs/compatibility.md), so such a condition always needs it.
 */
export function needsReceipt(candidate: Candidate, subject: Subject): boolean {
  const { transactionConditions, needsEvidence } = candidate.monitor
  if (!transactionConditions.some((condition) => mayHold(condition, subject))) return false
  return !needsEvidence || matchEvents(candidate.events).length > 0 || matchCall(candidate.call).length > 0
}

type Match = { matched: MatchedSignature; entry: ArgumentEntry }

/** Each log contributes at most one entry, through the first condition that accepts it (spec/04 §7.7). */
function matchEvents(hits: readonly EventHit[], observe?: MonitorObserver): Match[] {
  return hits.flatMap((hit) => {
    const { decoder, conditions } = hit.watch
    const condition = firstThatHolds(conditions, { parameters: () => hit.decoded.parameters, on: hit, observe })
    if (condition === undefined) return []
    return [matchOf(decoder.signature, condition, { args: hit.decoded.args, hexSignature: decoder.topic0 })]
  })
}

/** At most one entry for the transaction (spec/04 §6.1). */
function matchCall(hit: CallHit | undefined, observe?: MonitorObserver): Match[] {
  if (hit === undefined) return []
  const { decoder, conditions } = hit.watch
  const condition = firstThatHolds(conditions, { parameters: () => hit.decoded.parameters, on: hit, observe })
  if (condition === undefined) return []
  // Without an expression OZ Monitor leaves the prefix out (Q5): a match object must equal its.
  const hexSignature = condition.expression === null ? decoder.selector.slice(2) : decoder.selector
  return [matchOf(decoder.signature, condition, { args: hit.decoded.args, hexSignature })]
}

function matchOf(
  signature: string,
  { expression }: Condition,
  { args, hexSignature }: { args: ArgumentEntry['args']; hexSignature: string },
): Match {
  return {
    matched: { signature, expression: expression?.text ?? null },
    entry: { signature, args, hex_signature: hexSignature },
  }
}

/** The first condition that holds, with the status of the transaction in place of `Any` (spec/04 §5.1). */
function matchTransaction(
  { transactionConditions }: CompiledMonitor,
  subject: Subject,
  observe?: MonitorObserver,
): MatchedTransaction[] {
  const { transaction, receipt } = subject
  if (receipt === undefined) {
    if (!transactionConditions.some((condition) => mayHold(condition, subject))) return []
    throw new EngineError('missing_fact', `The receipt of transaction ${transaction.hash} is missing.`)
  }
  const status = receipt.isSuccess ? 'Success' : 'Failure'
  const admitted = transactionConditions.filter(
    (condition) => condition.status === 'Any' || condition.status === status,
  )
  const condition = firstThatHolds(admitted, { parameters: subject.parameters, on: subject, observe })
  return condition === undefined ? [] : [{ status, expression: condition.expression?.text ?? null }]
}

/** Whatever the receipt may say. */
function mayHold({ expression }: TransactionCondition, { parameters }: Subject): boolean {
  if (expression === null || expression.variables.includes(receiptVariable)) return true
  return expression.evaluate(parameters()) === true
}

type Trial = { parameters: () => ExpressionParameters; on: TriedOn; observe: MonitorObserver | undefined }

/** An error in an expression is no match, and the next condition is tried (spec/03 §1.4). */
function firstThatHolds(conditions: readonly Condition[], { parameters, on, observe }: Trial): Condition | undefined {
  return conditions.find((condition) => {
    const { expression } = condition
    if (observe === undefined) return expression === null || expression.evaluate(parameters()) === true
    const trace = expression === null ? null : expression.explain(parameters())
    observe(condition, on, trace)
    return trace === null || trace.result === true
  })
}

function entriesOf(matches: readonly Match[]): ArgumentEntry[] | null {
  return matches.length === 0 ? null : matches.map(({ entry }) => entry)
}
