import type { ContractSpec } from './contract-spec.ts'
import { JsonNumber, type JsonValue } from './json.ts'
import type { MonitorConfig } from './monitor.ts'
import type { NetworkConfig } from './network.ts'
import type { TriggerConfig } from './trigger.ts'

/** The file form of a network; checking it again gives an equal configuration. */
export function renderNetwork(config: NetworkConfig): JsonValue {
  return toJson(config)
}

/** The file form of a monitor; checking it again gives an equal configuration. */
export function renderMonitor(config: MonitorConfig): JsonValue {
  return toJson(config)
}

/** The form of one trigger, to stand under its id in a trigger file; checking it again gives an equal configuration. */
export function renderTrigger(config: TriggerConfig): JsonValue {
  return toJson(config)
}

/** The file form of a contract spec, as match objects show it on some chains. */
export function renderContractSpec(spec: ContractSpec): JsonValue {
  return toJson(spec)
}

/** A deep copy; members that are `undefined` are absent. Throws TypeError on what JSON cannot hold. */
function toJson(value: unknown): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof JsonNumber) return value
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object') throw new TypeError(`JSON cannot hold a ${typeof value}`)
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(entries.map(([key, member]) => [key, toJson(member)]))
}
