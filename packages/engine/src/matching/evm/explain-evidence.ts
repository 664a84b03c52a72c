import type { ContractSpec } from '../../config/contract-spec.ts'
import { AbiDecodeError } from '../../evm/abi-decoder.ts'
import type { EvmLog } from '../../evm/log.ts'
import type { EvmTransaction } from '../../evm/transaction.ts'
import { type CallHit, type EventHit, selectorOf } from './candidates.ts'
import type { CompiledAbi } from './compiled-abi.ts'
import type { AddressEntries, CompiledMonitor } from './compiled-monitor.ts'
import type { Decoding } from './decoding.ts'
import type { FunctionsGate, LogExplanation } from '../explanation.ts'

/** One monitor alone, with its contract specs still at hand. */
export type Lookup = {
  monitor: CompiledMonitor
  entries: AddressEntries
  abiOf: (spec: ContractSpec) => CompiledAbi
  decoding: Decoding
}

/** What the monitor has to say of a log: a hit to evaluate, or why there is none. */
export type Probe<Hit, Explained> = { hit: Hit; explained: Explained } | { hit?: undefined; explained: Explained }

type ExplainedLog = Omit<LogExplanation, 'conditions'>
type ExplainedCall = Omit<FunctionsGate, 'conditions' | 'configured' | 'passed'>

/** The steps of spec/04 §7, one after the other, for the log of any address. */
export function probeLog({ monitor, entries, abiOf, decoding }: Lookup, log: EvmLog): Probe<EventHit, ExplainedLog> {
  const topic0 = log.topics[0] ?? null
  const logIndex = log.json['logIndex']
  const said = (outcome: LogExplanation['outcome'], detail: string, signature: string | null = null) => ({
    explained: {
      log_index: typeof logIndex === 'string' ? logIndex : null,
      address: log.address,
      topic0,
      outcome,
      detail,
      signature,
      args: null,
    },
  })

  const entry = entries.get(log.address)
  if (entry === undefined) return said('not_watched', 'The monitor does not watch the address that emitted it.')
  if (topic0 === null) return said('no_topics', 'It has no topics, so it is no event.')
  const { eventSpec } = entry
  if (eventSpec === undefined || eventSpec === null) {
    return said('no_contract_spec', 'The monitor has no contract spec for this address, so nothing is decoded.')
  }
  const event = abiOf(eventSpec).events.find(({ decoder }) => decoder.topic0 === topic0)?.decoder
  if (event === undefined) return said('unknown_event', 'The contract spec has no event with this topic.')
  const decoded = decoding.log(event, log)
  if (decoded instanceof AbiDecodeError) return said('undecodable', decoded.message, event.signature)
  const watch = monitor.eventWatches.find(({ address, decoder }) => address === log.address && decoder === event)
  const explained = {
    ...said('not_matched', 'No condition on this event holds.', event.signature).explained,
    args: decoded.args,
  }
  if (watch !== undefined) return { hit: { watch, decoded }, explained }
  return {
    explained: { ...explained, outcome: 'no_condition', detail: 'No condition of the monitor names this event.' },
  }
}

/** The steps of spec/04 §6.1, one after the other. */
export function probeCall(
  { monitor, entries, abiOf, decoding }: Lookup,
  transaction: EvmTransaction,
): Probe<CallHit, ExplainedCall> {
  const selector = selectorOf(transaction) ?? null
  const said = (outcome: FunctionsGate['outcome'], detail: string, signature: string | null = null) => ({
    explained: { outcome, detail, signature, selector, args: null },
  })

  const to = transaction.to
  if (to === null) return said('not_called', 'The transaction creates a contract: nothing is called.')
  if (selector === null) return said('not_called', 'The input is too short to name a function.')
  const entry = entries.get(to)
  if (entry === undefined) return said('not_watched', 'The monitor does not watch the recipient.')
  const { callSpec } = entry
  if (callSpec === undefined || callSpec === null) {
    return said('no_contract_spec', 'The monitor has no contract spec for the recipient, so nothing is decoded.')
  }
  const fn = abiOf(callSpec).functions.find(({ decoder }) => decoder.selector === selector)?.decoder
  if (fn === undefined) return said('unknown_function', 'The contract spec has no function with this selector.')
  const decoded = decoding.call(fn, transaction)
  if (decoded instanceof AbiDecodeError) return said('undecodable', decoded.message, fn.signature)
  const watch = monitor.callWatches.find(({ address, decoder }) => address === to && decoder === fn)
  const explained = {
    ...said('not_matched', 'No condition on this function holds.', fn.signature).explained,
    args: decoded.args,
  }
  if (watch !== undefined) return { hit: { watch, decoded }, explained }
  return {
    explained: { ...explained, outcome: 'no_condition', detail: 'No condition of the monitor names this function.' },
  }
}
