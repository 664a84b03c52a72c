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

/** What this version cannot execute in a trigger: scripts, and for HTTP channels the settings of another transport. */
export function unsupportedInTrigger(config: TriggerConfig): Problem[] {
  if (config.trigger_type === 'script') {
    return [unsupported(['trigger_type'], 'triggers of type script cannot be sent yet')]
  }
  const kind = triggerConfigKind(config.config)
  if (kind === 'script') return [unsupported(['config'], 'triggers with the fields of script cannot be sent yet')]
  // OZ Monitor sends by the shape of the settings and refuses e-mail that is not both (spec/02 §2.1).
  if ((kind === 'email') === (config.trigger_type === 'email')) return []
  const message = `a trigger of type ${config.trigger_type} cannot be sent with the fields of ${kind}`
  return [unsupported(['config'], message)]
}

function unsupported(path: readonly PathPart[], message: string): Problem {
  return { pointer: toPointer(path), code: 'unsupported_feature', message }
}
