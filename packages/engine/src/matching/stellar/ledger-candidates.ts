import type { ExpressionParameters } from '../../expression/parameters.ts'
import type { ContractCall } from '../../stellar/call.ts'
import type { Envelope } from '../../stellar/envelope.ts'
import type { LedgerData, StellarEvent, StellarTransaction } from '../../stellar/ledger-data.ts'
import { XdrError } from '../../stellar/xdr-error.ts'
import { findEntries, type PredicateIndex } from '../predicate-index.ts'
import type { CompiledLedgerMonitor, ContractWatch } from './compiled-ledger-monitor.ts'
import type { WatchGroup } from './contract-watchers.ts'
import type { InterfaceLookup } from './contract-interfaces.ts'
import {
  failedByEnvelope,
  failedByNestedCalls,
  failedByOperations,
  failedByReading,
  type LedgerFailure,
} from './envelope-failures.ts'
import { mayConcern } from './envelope-interest.ts'
import { attempt, type LedgerDecoding, type PreparedReading } from './ledger-decoding.ts'
import type { LedgerLookup } from './ledger-index.ts'
import type { CallHit, EventHit, LedgerCandidate, OperationHit, Try } from './ledger-hits.ts'
import { callsToRead } from './calls-to-read.ts'
import { preparedOperations } from './prepared-operation.ts'
import { stellarKeyReader as reader } from './predicate-keys.ts'
import { createLedgerSubject, type LedgerSubject } from './ledger-subject.ts'

/** A transaction, who may be concerned, in monitor order, and who would be if only it could be decoded. */
export type LedgerCandidates = {
  transaction: StellarTransaction
  txIndex: number
  subject: LedgerSubject
  candidates: readonly LedgerCandidate[]
  failures: readonly LedgerFailure[]
}

type Search = { lookup: LedgerLookup; decoding: LedgerDecoding; interfaceOf: InterfaceLookup; data: LedgerData }

/**
 * The transactions that concern anyone, in ledger order. Only contracts that something happened at are looked up, and of
 * their watchers only those whose predicates what happened can satisfy; an envelope is decoded only if its bytes may
 * concern somebody. So the cost does not depend on the number of monitors.
 */
export function findLedgerCandidates(search: Search): LedgerCandidates[] {
  const eventsOf = groupByTransaction(search.data.events)
  return search.data.transactions.flatMap((transaction, txIndex) => {
    const found = candidatesOf(search, transaction, eventsOf.get(transaction.hash) ?? [])
    return found.candidates.length + found.failures.length === 0 ? [] : [{ transaction, txIndex, ...found }]
  })
}

function candidatesOf(search: Search, transaction: StellarTransaction, events: readonly StellarEvent[]) {
  const { lookup, decoding, data } = search
  const found = new Map<CompiledLedgerMonitor, LedgerCandidate>()
  const candidateOf = (monitor: CompiledLedgerMonitor): LedgerCandidate => {
    const known = found.get(monitor)
    if (known) return known
    const candidate: LedgerCandidate = { monitor, events: [], calls: [], operations: [] }
    found.set(monitor, candidate)
    return candidate
  }
  const subject = createLedgerSubject(transaction, { decoding, sequence: data.ledger.sequence })
  const failures: LedgerFailure[] = []

  const failed = (list: readonly LedgerFailure[]) => failures.push(...list)
  for (const event of events) {
    findEventHits(search, event, { found: (monitor, hit) => candidateOf(monitor).events.push(hit), failed })
  }

  const reading = callsToRead(lookup, transaction, decoding)
  if (reading.failure !== undefined) failed(failedByNestedCalls(search, transaction, reading.failure))
  for (const call of reading.calls) {
    findCallHits(search, call, { found: (monitor, hit) => candidateOf(monitor).calls.push(hit), failed })
  }

  const wantsOperations = lookup.onOperation.size > 0 && concerns(search, transaction, 'operationInterest')
  const wantsSets = concerns(search, transaction, 'transactionInterest')
  const envelope = wantsOperations || wantsSets || reading.wantsEnvelope ? decoding.envelope(transaction) : undefined
  const { status } = subject
  if (envelope instanceof XdrError) {
    failed(failedByEnvelope(search, transaction, { error: envelope, status }))
  } else if (wantsOperations && envelope !== undefined) {
    const problem = findOperationHits(search, { transaction, envelope }, (monitor, hit) =>
      candidateOf(monitor).operations.push(hit),
    )
    if (problem) failed(failedByOperations(search, transaction, { error: problem, status }))
  }
  const isReadable = wantsSets && !(envelope instanceof XdrError)
  const sets = isReadable ? attempt(() => subject.parameterSets()) : []
  if (sets instanceof XdrError) failed(failedByEnvelope(search, transaction, { error: sets, status }))
  findOnTransaction(lookup.onTransaction, sets instanceof XdrError ? [] : sets, candidateOf)
  const candidates = [...found.values()].toSorted((left, right) => left.monitor.order - right.monitor.order)
  return { subject, candidates, failures }
}

function concerns(
  { lookup, decoding }: Search,
  transaction: StellarTransaction,
  interest: 'operationInterest' | 'transactionInterest',
): boolean {
  return lookup[interest].anything > 0 || mayConcern(lookup[interest], decoding.envelopeBytes(transaction))
}

/** Without a look at the envelope there are no sets, and only those are concerned that nothing can be said about. */
function findOnTransaction(
  onTransaction: PredicateIndex<CompiledLedgerMonitor>,
  sets: readonly ExpressionParameters[],
  found: (monitor: CompiledLedgerMonitor) => void,
): void {
  for (const monitor of onTransaction.always) found(monitor)
  const selective = { ...onTransaction, always: [] }
  for (const parameters of sets) findEntries(selective, { parameters: () => parameters, reader }, found)
}

type Finding<Hit> = {
  found: (monitor: CompiledLedgerMonitor, hit: Hit) => void
  failed: (failures: readonly LedgerFailure[]) => void
}

/** Of one event: each monitor at most once, with all readings that it may be interested in. */
function findEventHits(
  { lookup, decoding, interfaceOf }: Search,
  event: StellarEvent,
  finding: Finding<EventHit>,
): void {
  // They tell of the network, and OZ Monitor does not ask for them.
  if (event.type === 'system') return
  const { contractId } = event
  const tries = findTries(lookup.watchersOf(contractId)?.onEvent, { ...finding, part: 'event' }, ({ source }) =>
    decoding.readingsOfEvent(event, interfaceOf(source, contractId)),
  )
  for (const [monitor, own] of tries) finding.found(monitor, { event, tries: own })
}

/** Of one call, the same. */
function findCallHits({ lookup, decoding, interfaceOf }: Search, call: ContractCall, finding: Finding<CallHit>): void {
  const { contractId } = call
  const tries = findTries(lookup.watchersOf(contractId)?.onCall, { ...finding, part: 'envelope' }, ({ source }) => {
    const contract = interfaceOf(source, contractId)
    return contract === undefined ? [] : decoding.readingsOfCall(call, contract)
  })
  for (const [monitor, own] of tries) {
    if (!call.isNested || monitor.seesNestedCalls) finding.found(monitor, { call, tries: own })
  }
}

function findTries(
  groups: readonly WatchGroup[] | undefined,
  { failed, part }: Pick<Finding<never>, 'failed'> & { part: 'event' | 'envelope' },
  readingsFor: (group: WatchGroup) => readonly PreparedReading[] | XdrError,
): Map<CompiledLedgerMonitor, Try[]> {
  const tries = new Map<CompiledLedgerMonitor, Try[]>()
  for (const group of groups ?? []) {
    const readings = readingsFor(group)
    if (readings instanceof XdrError) {
      failed(failedByReading(group, readings, part))
      continue
    }
    for (const reading of readings) {
      findWatches(group, reading, ({ monitor, conditions }) => {
        const own = tries.get(monitor)
        if (own) own.push({ reading, conditions })
        else tries.set(monitor, [{ reading, conditions }])
      })
    }
  }
  return tries
}

function findWatches(
  { bySignature }: WatchGroup,
  { signature, parameters }: PreparedReading,
  found: (watch: ContractWatch) => void,
): void {
  const watches = bySignature.get(signature)
  if (watches === undefined) return
  const each = new Set<ContractWatch>()
  findEntries(watches, { parameters: () => parameters, reader }, (watch) => each.add(watch))
  for (const watch of each) found(watch)
}

/** Returns why the operations could not be read, if so. */
function findOperationHits(
  { lookup }: Search,
  { transaction, envelope }: { transaction: StellarTransaction; envelope: Envelope },
  found: Finding<OperationHit>['found'],
): XdrError | undefined {
  const { onOperation } = lookup
  const watched = envelope.operations.filter(({ type }) => onOperation.has(type) || onOperation.has('any'))
  if (watched.length === 0) return undefined
  const operations = preparedOperations(envelope, transaction)
  if (operations instanceof XdrError) return operations
  for (const operation of operations) {
    const hits = new Map<CompiledLedgerMonitor, OperationHit>()
    for (const type of [operation.type, 'any']) {
      const watches = onOperation.get(type)
      if (watches === undefined) continue
      const each = new Set<{ monitor: CompiledLedgerMonitor; conditions: OperationHit['conditions'] }>()
      findEntries(watches, { parameters: () => operation.parameters, reader }, (watch) => each.add(watch))
      for (const { monitor, conditions } of each) {
        const hit = hits.get(monitor)
        if (hit) hit.conditions = [...hit.conditions, ...conditions]
        else hits.set(monitor, { operation, conditions })
      }
    }
    for (const [monitor, hit] of hits) found(monitor, hit)
  }
  return undefined
}

function groupByTransaction(events: readonly StellarEvent[]): Map<string, StellarEvent[]> {
  const groups = new Map<string, StellarEvent[]>()
  for (const event of events) {
    const group = groups.get(event.txHash)
    if (group) group.push(event)
    else groups.set(event.txHash, [event])
  }
  return groups
}
