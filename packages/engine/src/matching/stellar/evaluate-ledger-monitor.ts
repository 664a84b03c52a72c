import type { ConditionObserver } from '../condition-record.ts'
import type { Condition } from '../condition.ts'
import type { ExpressionParameters } from '../../expression/parameters.ts'
import type { MatchArgument } from '../../evm/argument-decoder.ts'
import type { CompiledLedgerMonitor } from './compiled-ledger-monitor.ts'
import type { CallHit, EventHit, LedgerCandidate, OperationHit } from './ledger-hits.ts'
import type { PreparedReading } from './ledger-decoding.ts'
import type { MatchPositions, StellarMatch, StellarMatchedTransaction } from './ledger-match.ts'
import type { LedgerSubject } from './ledger-subject.ts'
import type { PreparedOperation } from './prepared-operation.ts'

export type LedgerEvidence = Pick<StellarMatch, 'matchedOn' | 'matchedOnArgs' | 'positions'>

/** What a condition was tried on: a reading of an event or a call, an operation, or a set of the transaction's variables. */
export type LedgerTriedOn = PreparedReading | PreparedOperation | ExpressionParameters

export type LedgerObserver = ConditionObserver<LedgerTriedOn>

/**
 * Whether the monitor matches the transaction, and on what: (events or functions or operations) and transactions, of what is
 * configured (spec/05 §10.5). With an observer every group is evaluated, also when the result is already known. Throws
 * XdrError when it depends on an envelope that cannot be decoded.
 */
export function evaluateLedgerMonitor(
  { monitor, events: eventHits, calls, operations: operationHits }: LedgerCandidate,
  subject: LedgerSubject,
  observe?: LedgerObserver,
): LedgerEvidence | undefined {
  const events = eventHits.flatMap((hit) => matchEvent(hit, observe))
  const functions = calls.flatMap((hit) => matchCall(hit, observe))
  const operations = operationHits.flatMap((hit) => matchOperation(hit, observe))
  const isProven = !monitor.needsEvidence || events.length + functions.length + operations.length > 0
  if (!isProven && observe === undefined) return undefined
  const transactions = matchTransaction(monitor, subject, observe)
  if (!isProven || (monitor.transactionConditions.length > 0 && transactions.length === 0)) return undefined
  const onOperations = operations.map(({ operation, expression }) => ({ type: operation.type, expression }))
  const operationArgs = operations.map(({ operation }) => ({ type: operation.type, args: [...operation.args] }))
  return {
    matchedOn: {
      functions: functions.map(({ matched }) => matched),
      events: events.map(({ matched }) => matched),
      transactions,
      ...(monitor.isExtended && { operations: onOperations }),
    },
    matchedOnArgs: {
      functions:
        functions.length === 0
          ? null
          : functions.map(({ matched, args }) => ({ signature: matched.signature, args: args ?? [] })),
      events:
        events.length === 0
          ? null
          : events.flatMap(({ matched, args }) => (args ? [{ signature: matched.signature, args }] : [])),
      ...(monitor.isExtended && { operations: operations.length === 0 ? null : operationArgs }),
    },
    positions: {
      functions: functions.map(({ position }) => position),
      events: events.map(({ position }) => position),
      operations: operations.map(({ operation }) => ({ operation_index: operation.index })),
    },
  }
}

type Matched = { signature: string; expression: string | null }
type Found<Position> = { matched: Matched; args: MatchArgument[] | undefined; position: Position }
type EventFound = Found<MatchPositions['events'][number]>
type CallFound = Found<MatchPositions['functions'][number]>

/**
 * Each condition that an event satisfies is recorded, through the first reading that satisfies it (spec/05 §9.2). OZ Monitor
 * records no arguments for a condition without an expression (Q2).
 */
function matchEvent({ event, tries }: EventHit, observe: LedgerObserver | undefined): EventFound[] {
  const readings = new Map<Condition, PreparedReading[]>()
  for (const { reading, conditions } of tries) {
    for (const condition of conditions) readings.set(condition, [...(readings.get(condition) ?? []), reading])
  }
  const inOrder = [...readings].toSorted(([left], [right]) => left.index - right.index)
  return inOrder.flatMap(([condition, own]) => {
    const prepared = own.find((reading) => holds(condition, { parameters: reading.parameters, on: reading, observe }))
    if (prepared === undefined) return []
    const { reading } = prepared
    const isSilent = condition.expression === null && reading.dialect === 'oz'
    return [
      {
        matched: matchedBy(condition, reading.signature),
        args: isSilent ? undefined : [...reading.args],
        position: { operation_index: event.operationIndex ?? null, event_id: event.id },
      },
    ]
  })
}

/**
 * The first condition that a call satisfies is recorded and no other (spec/05 §8.8). All are tried on OZ Monitor's reading
 * before any is tried on ours, so that what it records stays what is recorded.
 */
function matchCall({ call, tries }: CallHit, observe: LedgerObserver | undefined): CallFound[] {
  for (const { reading: prepared, conditions } of tries) {
    const { parameters, reading } = prepared
    const condition = conditions.find((each) => holds(each, { parameters, on: prepared, observe }))
    if (condition === undefined) continue
    return [
      {
        matched: matchedBy(condition, reading.signature),
        args: [...reading.args],
        position: { operation_index: call.operationIndex },
      },
    ]
  }
  return []
}

/** The first condition that an operation satisfies. */
function matchOperation(
  { operation, conditions }: OperationHit,
  observe: LedgerObserver | undefined,
): { operation: PreparedOperation; expression: string | null }[] {
  const inOrder = conditions.toSorted((left, right) => left.index - right.index)
  const condition = inOrder.find((each) => holds(each, { parameters: operation.parameters, on: operation, observe }))
  return condition === undefined ? [] : [{ operation, expression: condition.expression?.text ?? null }]
}

/**
 * spec/05 §7.3. A condition without an expression ends the search, and so does one that holds when there is no relevant
 * operation. What is recorded is the status of the transaction, not the one asked for.
 */
function matchTransaction(
  { transactionConditions }: CompiledLedgerMonitor,
  subject: LedgerSubject,
  observe: LedgerObserver | undefined,
): StellarMatchedTransaction[] {
  const { status } = subject
  const matched: StellarMatchedTransaction[] = []
  for (const condition of transactionConditions) {
    if (condition.status !== 'Any' && condition.status !== status) continue
    const { expression } = condition
    if (expression === null) {
      observe?.(condition, subject.statusOnly, null)
      matched.push({ status, expression: null })
      break
    }
    const isTrue = subject
      .parameterSets()
      .some((parameters) => holds(condition, { parameters, on: parameters, observe }))
    if (!isTrue) continue
    matched.push({ status, expression: expression.text })
    if (!subject.hasOperations()) break
  }
  return matched
}

function holds(
  condition: Condition,
  {
    parameters,
    on,
    observe,
  }: { parameters: ExpressionParameters; on: LedgerTriedOn; observe: LedgerObserver | undefined },
): boolean {
  const { expression } = condition
  observe?.(condition, on, expression === null ? null : expression.explain(parameters))
  return expression === null || expression.evaluate(parameters) === true
}

function matchedBy({ expression }: Condition, signature: string): Matched {
  return { signature, expression: expression?.text ?? null }
}
