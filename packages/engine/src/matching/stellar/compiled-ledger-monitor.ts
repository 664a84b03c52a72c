import type { MonitorConfig } from '../../config/monitor.ts'
import type { StellarSpec } from '../../config/stellar-spec.ts'
import { type CompiledExpression, compileExpression } from '../../expression/compile-expression.ts'
import { compileInterface, type ContractInterface } from '../../stellar/contract-interface.ts'
import { type Condition, groupConditions, isAbsent, type TransactionCondition } from '../condition.ts'
import { createInterner, type Interner } from '../intern.ts'
import { contractOrigins, type SpecOrigin } from './contract-address.ts'
import type { OperationConditionConfig, StellarExtensions } from './extensions.ts'

/** `key` is opaque and names the monitor in results, for example the id of a monitor version. */
export type StellarMonitorInput = {
  key: string
  configuration: MonitorConfig
  extensions?: StellarExtensions | undefined
}

/** What stays of a monitor after compilation; the configuration itself is not kept. */
export type CompiledLedgerMonitor = {
  key: string
  /** Position among the monitors; smaller is earlier. */
  order: number
  /** Normalised, each once. */
  addresses: readonly string[]
  /** Conditions on events, functions or operations exist: a transaction alone is not enough. */
  needsEvidence: boolean
  /** Its matches show operations and positions. */
  isExtended: boolean
  seesNestedCalls: boolean
  transactionConditions: readonly TransactionCondition[]
  eventWatches: readonly ContractWatch[]
  callWatches: readonly ContractWatch[]
  operationWatches: readonly OperationWatch[]
  /** What it holds of the shared parts. */
  interfaces: readonly ContractInterface[]
  expressions: readonly CompiledExpression[]
}

/** Where the interface of a contract comes from when its events and calls are read. */
export type InterfaceSource = ContractInterface | 'chain' | 'none'

/** The conditions of one monitor on one signature at one contract, in configuration order. */
export type ContractWatch = {
  monitor: CompiledLedgerMonitor
  address: string
  source: InterfaceSource
  /** Normalised. */
  signature: string
  conditions: readonly Condition[]
}

/** The conditions of one monitor on operations of one type, or of `any`, in configuration order. */
export type OperationWatch = { monitor: CompiledLedgerMonitor; type: string; conditions: readonly Condition[] }

/** What monitors share: each distinct spec and each distinct expression is compiled once. */
export type LedgerParts = {
  interfaces: Interner<StellarSpec, ContractInterface>
  expressions: Interner<string, CompiledExpression>
}

export function createLedgerParts(): LedgerParts {
  return {
    interfaces: createInterner(contentOf, compileInterface),
    expressions: createInterner(
      (text) => text,
      (text) => compileExpression('stellar', text),
    ),
  }
}

/** All that reading depends on; specs that differ in their documentation are the same. */
function contentOf(spec: StellarSpec): string {
  return JSON.stringify(spec, (key, value: unknown) => {
    if (key === 'doc' || key === 'lib') return undefined
    return typeof value === 'bigint' ? Number(value) : value
  })
}

type Place = { order: number; passphrase: string | undefined; parts: LedgerParts }

/** Prepares one monitor. Whatever releaseLedgerMonitor gives back is acquired here. */
export function compileLedgerMonitor(
  { key, configuration, extensions }: StellarMonitorInput,
  { order, passphrase, parts }: Place,
): CompiledLedgerMonitor {
  const { functions, events, transactions } = configuration.match_conditions
  const operations = extensions?.operations ?? []
  const interfaces: ContractInterface[] = []
  const expressions: CompiledExpression[] = []
  const eventWatches: ContractWatch[] = []
  const callWatches: ContractWatch[] = []
  const operationWatches: OperationWatch[] = []

  const compile = ({ expression: text }: { expression?: string | null }, index: number): Condition => {
    if (isAbsent(text)) return { index, expression: null }
    const expression = parts.expressions.acquire(text)
    expressions.push(expression)
    return { index, expression }
  }
  const sourceOf = (origin: SpecOrigin): InterfaceSource => {
    if (typeof origin === 'string') return origin
    const compiled = parts.interfaces.acquire(origin)
    interfaces.push(compiled)
    return compiled
  }

  const origins = contractOrigins(configuration.addresses, passphrase)
  const monitor: CompiledLedgerMonitor = {
    key,
    order,
    addresses: [...origins.keys()],
    needsEvidence: functions.length + events.length + operations.length > 0,
    isExtended: extensions !== undefined,
    seesNestedCalls: extensions?.nested_calls === true,
    transactionConditions: transactions.map((condition, index) => ({
      ...compile(condition, index),
      status: condition.status,
    })),
    eventWatches,
    callWatches,
    operationWatches,
    interfaces,
    expressions,
  }
  const onEvents = groupConditions(events, compile)
  const onFunctions = groupConditions(functions, compile)
  for (const [type, conditions] of groupByType(operations, compile))
    operationWatches.push({ monitor, type, conditions })
  if (onEvents.size + onFunctions.size === 0) return monitor
  for (const [address, origin] of origins) {
    const source = sourceOf(origin)
    const watch = ([signature, conditions]: [string, Condition[]]) => ({
      monitor,
      address,
      source,
      signature,
      conditions,
    })
    eventWatches.push(...[...onEvents].map(watch))
    // Without a spec no call is ever read (spec/05 §8.4).
    if (source !== 'none') callWatches.push(...[...onFunctions].map(watch))
  }
  return monitor
}

export function releaseLedgerMonitor(monitor: CompiledLedgerMonitor, { interfaces, expressions }: LedgerParts): void {
  for (const compiled of monitor.interfaces) interfaces.release(compiled)
  for (const expression of monitor.expressions) expressions.release(expression)
}

function groupByType(
  operations: readonly OperationConditionConfig[],
  compile: (condition: OperationConditionConfig, index: number) => Condition,
): Map<string, Condition[]> {
  const groups = new Map<string, Condition[]>()
  for (const [index, condition] of operations.entries()) {
    groups.set(condition.type, [...(groups.get(condition.type) ?? []), compile(condition, index)])
  }
  return groups
}
