import { AbiDecodeError } from '../../evm/abi-decoder.ts'
import type { EvmBlock } from '../../evm/block.ts'
import { SELECTOR_LENGTH } from '../../evm/function-decoder.ts'
import type { EvmLog } from '../../evm/log.ts'
import type { EvmTransaction } from '../../evm/transaction.ts'
import type { ExpressionParameters } from '../../expression/parameters.ts'
import type { CallWatch, CompiledMonitor, EventWatch } from './compiled-monitor.ts'
import type { Decoded, Decoding } from './decoding.ts'
import type { AddressWatchers, MonitorIndex } from './monitor-index.ts'
import { findEntries } from '../predicate-index.ts'
import { evmKeyReader as reader } from './predicate-keys.ts'
import { transactionParameters } from './transaction-parameters.ts'

/** A block and all its logs. */
export type BlockData = { block: EvmBlock; logs: readonly EvmLog[] }

/** A monitor that a transaction may concern, with what may prove it. Logs are in log order. */
export type Candidate = { monitor: CompiledMonitor; events: readonly EventHit[]; call: CallHit | undefined }

export type EventHit = { watch: EventWatch; decoded: Decoded }
export type CallHit = { watch: CallWatch; decoded: Decoded }

/** A transaction with its own logs and who may be concerned, in monitor order. */
export type TransactionCandidates = {
  transaction: EvmTransaction
  txIndex: number
  logs: readonly EvmLog[]
  candidates: readonly Candidate[]
}

/**
 * The transactions that concern anyone, in block order. This is the address gate of spec/04 §4, moved to the front: only
 * addresses that take part are looked up, and of their monitors only those whose predicates what happened can satisfy, so
 * the cost does not depend on the number of monitors.
 */
export function findCandidates(
  index: MonitorIndex,
  { block, logs }: BlockData,
  decoding: Decoding,
): TransactionCandidates[] {
  const logsOf = byTransaction(logs)
  return block.transactions.flatMap((transaction, txIndex) => {
    const own = logsOf.get(transaction.hash) ?? []
    const candidates = candidatesOf(index, { transaction, logs: own, decoding })
    return candidates.length === 0 ? [] : [{ transaction, txIndex, logs: own, candidates }]
  })
}

/** Logs that a reorganisation took back are no part of the chain, although OZ Monitor processes them (Q11). */
export function currentLogs(logs: readonly EvmLog[]): EvmLog[] {
  return logs.filter(({ isRemoved }) => !isRemoved)
}

/** The selector of a call; undefined when nothing is called. */
export function selectorOf({ to, input }: EvmTransaction): string | undefined {
  return to === null || input.length < SELECTOR_LENGTH ? undefined : input.slice(0, SELECTOR_LENGTH)
}

const ZERO_HASH = `0x${'0'.repeat(64)}`

type Subject = { transaction: EvmTransaction; logs: readonly EvmLog[]; decoding: Decoding }
type Found = { monitor: CompiledMonitor; events: EventHit[]; call: CallHit | undefined }

function candidatesOf(index: MonitorIndex, { transaction, logs, decoding }: Subject): Candidate[] {
  const found = new Map<CompiledMonitor, Found>()
  const candidateOf = (monitor: CompiledMonitor): Found => {
    const known = found.get(monitor)
    if (known) return known
    const candidate: Found = { monitor, events: [], call: undefined }
    found.set(monitor, candidate)
    return candidate
  }

  let memo: ExpressionParameters | undefined
  const parameters = () => (memo ??= transactionParameters(transaction, undefined))
  const seen = new Set<AddressWatchers>()
  const involve = (watchers: AddressWatchers | undefined): void => {
    if (!watchers?.onInvolvement || seen.has(watchers)) return
    seen.add(watchers)
    findEntries(watchers.onInvolvement, { parameters, reader }, (monitor) => candidateOf(monitor))
  }
  // Every address that takes part: sender, recipient, emitters of logs (spec/04 §4.7).
  if (transaction.from !== null) involve(index.watchersOf(transaction.from))
  if (transaction.to !== null) involve(index.watchersOf(transaction.to))
  for (const log of logs) {
    const watchers = index.watchersOf(log.address)
    if (watchers === undefined) continue
    involve(watchers)
    for (const hit of eventHits(watchers, log, decoding)) candidateOf(hit.watch.monitor).events.push(hit)
  }
  const selector = selectorOf(transaction)
  if (selector !== undefined) {
    for (const hit of callHits(index.watchersOf(transaction.to ?? ''), { selector, transaction, decoding })) {
      candidateOf(hit.watch.monitor).call = hit
    }
  }
  if (found.size === 0) return []
  return [...found.values()].toSorted((left, right) => left.monitor.order - right.monitor.order)
}

/** Each monitor once. */
function eventHits(watchers: AddressWatchers, log: EvmLog, decoding: Decoding): Iterable<EventHit> {
  const hits = new Map<EventWatch, EventHit>()
  const topic0 = log.topics[0]
  // A log without topics is no event; it stops OZ Monitor (Q2).
  if (topic0 === undefined) return []
  for (const { decoder, watches } of watchers.onEvent?.get(topic0) ?? []) {
    const decoded = decoding.log(decoder, log)
    if (decoded instanceof AbiDecodeError) continue
    findEntries(watches, { parameters: () => decoded.parameters, reader }, (watch) =>
      hits.set(watch, { watch, decoded }),
    )
  }
  return hits.values()
}

function callHits(
  watchers: AddressWatchers | undefined,
  { selector, transaction, decoding }: { selector: string; transaction: EvmTransaction; decoding: Decoding },
): Iterable<CallHit> {
  const hits = new Map<CallWatch, CallHit>()
  for (const { decoder, watches } of watchers?.onCall?.get(selector) ?? []) {
    const decoded = decoding.call(decoder, transaction)
    if (decoded instanceof AbiDecodeError) continue
    findEntries(watches, { parameters: () => decoded.parameters, reader }, (watch) =>
      hits.set(watch, { watch, decoded }),
    )
  }
  return hits.values()
}

function byTransaction(logs: readonly EvmLog[]): Map<string, EvmLog[]> {
  const groups = new Map<string, EvmLog[]>()
  for (const log of logs) {
    const hash = log.transactionHash ?? ZERO_HASH
    const group = groups.get(hash)
    if (group) group.push(log)
    else groups.set(hash, [log])
  }
  return groups
}
