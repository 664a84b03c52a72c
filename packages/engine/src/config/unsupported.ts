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

/** What this version cannot execute in a trigger: everything but webhooks. */
export function unsupportedInTrigger(config: TriggerConfig): Problem[] {
  if (config.trigger_type !== 'webhook') {
    const message = `triggers of type ${config.trigger_type} cannot be sent yet, only webhook`
    return [unsupported(['trigger_type'], message)]
  }
  const kind = triggerConfigKind(config.config)
  if (kind === 'webhook') return []
  return [unsupported(['config'], `triggers with the fields of ${kind} cannot be sent yet, only webhook`)]
}

function unsupported(path: readonly PathPart[], message: string): Problem {
  return { pointer: toPointer(path), code: 'unsupported_feature', message }
}
