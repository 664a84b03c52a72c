import type { MonitorConfig } from '../../config/monitor.ts'
import type { EventDecoder } from '../../evm/event-decoder.ts'
import type { FunctionDecoder } from '../../evm/function-decoder.ts'
import { type CompiledExpression, compileExpression } from '../../expression/compile-expression.ts'
import { type CompiledAbi, createAbiInterner } from './compiled-abi.ts'
import { type Condition, groupConditions, isAbsent, type TransactionCondition } from '../condition.ts'
import { createInterner, type Interner } from '../intern.ts'
import { normaliseAddress } from '../normalise.ts'

/** `key` is opaque and names the monitor in results, for example the id of a monitor version. */
export type MonitorInput = { key: string; configuration: MonitorConfig }

/** What stays of a monitor after compilation; the configuration itself is not kept. */
export type CompiledMonitor = {
  key: string
  /** Position among the monitors; smaller is earlier. */
  order: number
  /** Distinct, in the form of chain data. Anything that is no address can never be involved and is left out. */
  addresses: readonly string[]
  /** Event or function conditions exist: being involved is not enough. */
  needsEvidence: boolean
  transactionConditions: readonly TransactionCondition[]
  eventWatches: readonly EventWatch[]
  callWatches: readonly CallWatch[]
  /** What it holds of the shared parts. */
  abis: readonly CompiledAbi[]
  expressions: readonly CompiledExpression[]
}

/** The conditions of one monitor on one event or one function of one address, in configuration order. */
type Watch<Decoder> = {
  monitor: CompiledMonitor
  address: string
  decoder: Decoder
  conditions: readonly Condition[]
}

export type EventWatch = Watch<EventDecoder>
export type CallWatch = Watch<FunctionDecoder>

/** What monitors share: each distinct ABI and each distinct expression is compiled once. */
export type SharedParts = {
  abis: ReturnType<typeof createAbiInterner>
  expressions: Interner<string, CompiledExpression>
}

export function createSharedParts(): SharedParts {
  return {
    abis: createAbiInterner(),
    expressions: createInterner(
      (text) => text,
      (text) => compileExpression('evm', text),
    ),
  }
}

/** Compiles a monitor; `releaseMonitor` gives back what it took of the shared parts. */
export function compileMonitor(
  { key, configuration }: MonitorInput,
  order: number,
  shared: SharedParts,
): CompiledMonitor {
  const { functions, events, transactions } = configuration.match_conditions
  const entries = addressEntries(configuration.addresses)
  const abis: CompiledAbi[] = []
  const expressions: CompiledExpression[] = []
  const eventWatches: EventWatch[] = []
  const callWatches: CallWatch[] = []
  const compile = ({ expression: text }: { expression?: string | null }, index: number): Condition => {
    if (isAbsent(text)) return { index, expression: null }
    const expression = shared.expressions.acquire(text)
    expressions.push(expression)
    return { index, expression }
  }
  const monitor: CompiledMonitor = {
    key,
    order,
    addresses: [...entries.keys()],
    needsEvidence: functions.length > 0 || events.length > 0,
    transactionConditions: transactions.map((condition, index) => ({
      ...compile(condition, index),
      status: condition.status,
    })),
    eventWatches,
    callWatches,
    abis,
    expressions,
  }

  const onEvents = groupConditions(events, compile)
  const onFunctions = groupConditions(functions, compile)
  for (const [address, { eventSpec, callSpec }] of entries) {
    const place = { monitor, address }
    if (events.length > 0 && !isAbsent(eventSpec)) {
      const abi = shared.abis.acquire(eventSpec)
      abis.push(abi)
      eventWatches.push(...watchesOf(abi.events, onEvents, place))
    }
    if (functions.length > 0 && !isAbsent(callSpec)) {
      const abi = shared.abis.acquire(callSpec)
      abis.push(abi)
      callWatches.push(...watchesOf(abi.functions, onFunctions, place))
    }
  }

  return monitor
}

export function releaseMonitor(monitor: CompiledMonitor, { abis, expressions }: SharedParts): void {
  for (const abi of monitor.abis) abis.release(abi)
  for (const expression of monitor.expressions) expressions.release(expression)
}

type AddressEntry = MonitorConfig['addresses'][number]
type Spec = AddressEntry['contract_spec']

/** By address in the form of chain data: which contract spec counts for its events, and which for calls of it. */
export type AddressEntries = ReadonlyMap<string, { eventSpec: Spec; callSpec: Spec }>

const chainAddress = /^[0-9a-f]{40}$/

/**
 * Of entries for the same address the first one counts for events, even when it has no contract spec, and the first one with
 * a spec for functions. Kept from OZ Monitor (Q13, spec/04 §6.1): a monitor then decodes the same things here and there.
 */
export function addressEntries(entries: readonly AddressEntry[]): AddressEntries {
  const first = new Map<string, { eventSpec: Spec; callSpec: Spec }>()
  for (const { address: text, contract_spec: spec } of entries) {
    const digits = normaliseAddress(text)
    if (!chainAddress.test(digits)) continue
    const address = `0x${digits}`
    const known = first.get(address)
    if (known === undefined) first.set(address, { eventSpec: spec, callSpec: spec })
    else if (isAbsent(known.callSpec)) known.callSpec = spec
  }
  return first
}

function watchesOf<Decoder>(
  interfaces: readonly { decoder: Decoder; normalisedSignature: string }[],
  conditions: ReadonlyMap<string, Condition[]>,
  place: Pick<Watch<Decoder>, 'monitor' | 'address'>,
): Watch<Decoder>[] {
  return interfaces.flatMap(({ decoder, normalisedSignature }) => {
    const own = conditions.get(normalisedSignature)
    return own === undefined ? [] : [{ ...place, decoder, conditions: own }]
  })
}
