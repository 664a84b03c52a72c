import type { Transport } from '../channels/channel-definition.ts'
import { channels, type TriggerType } from '../channels/channels.ts'
import type { MonitorConfig } from './monitor.ts'
import type { NetworkConfig } from './network.ts'
import { type PathPart, type Problem, toPointer } from './problem.ts'
import { triggerConfigKind, type TriggerConfig } from './trigger.ts'

/** What this version cannot execute in a network; code `unsupported_feature`. */
export function unsupportedInNetwork(config: NetworkConfig): Problem[] {
  if (watchable.has(config.network_type)) return []
  const message = `networks of type ${config.network_type} cannot be watched yet, only EVM and Stellar`
  return [unsupported(['network_type'], message)]
}

const watchable: ReadonlySet<string> = new Set(['EVM', 'Stellar'])

/** What this version cannot execute in a monitor: filter scripts. */
export function unsupportedInMonitor(config: MonitorConfig): Problem[] {
  return config.trigger_conditions.map((_, index) =>
    unsupported(['trigger_conditions', index], 'filter scripts cannot be run yet'),
  )
}

/** What this version cannot execute in a trigger: scripts, and the settings of another transport than that of its type. */
export function unsupportedInTrigger({ trigger_type, config }: TriggerConfig): Problem[] {
  const ofType = unsupportedTriggerType(trigger_type)
  if (ofType.length > 0) return ofType
  const kind = triggerConfigKind(config)
  const transport = transportOf(kind)
  if (transport === null) {
    return [unsupported(['config'], `triggers with the fields of ${kind} cannot be sent yet`)]
  }
  // OZ Monitor sends by the shape of the settings and refuses e-mail that is not both (spec/02 §2.1).
  if (transport === transportOf(trigger_type)) return []
  const message = `a trigger of type ${trigger_type} cannot be sent with the fields of ${kind}`
  return [unsupported(['config'], message)]
}

/** What can be said of the type alone, when all else is wrong. */
export function unsupportedTriggerType(type: TriggerType): Problem[] {
  if (transportOf(type) !== null) return []
  return [unsupported(['trigger_type'], `triggers of type ${type} cannot be sent yet`)]
}

function transportOf(type: TriggerType): Transport | null {
  return channels.find(({ name }) => name === type)?.transport ?? null
}

function unsupported(path: readonly PathPart[], message: string): Problem {
  return { pointer: toPointer(path), code: 'unsupported_feature', message }
}
