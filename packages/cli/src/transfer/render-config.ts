import {
  type ConfigKind,
  type ConfigOf,
  type JsonValue,
  renderMonitor,
  renderNetwork,
  renderTrigger,
} from '@smt/engine'

const renderers: { [K in ConfigKind]: (config: ConfigOf[K]) => JsonValue } = {
  network: renderNetwork,
  monitor: renderMonitor,
  trigger: renderTrigger,
}

/** The file form of a configuration of any kind. */
export function renderConfig<K extends ConfigKind>(kind: K, config: ConfigOf[K]): JsonValue {
  return renderers[kind](config)
}
