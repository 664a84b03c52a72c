import { channels } from '../channels/channels.ts'
import { mapSettings } from '../channels/settings.ts'
import type { MonitorConfig } from './monitor.ts'
import type { NetworkConfig } from './network.ts'
import { toPointer } from './problem.ts'
import type { Secret } from './secret.ts'
import type { TriggerConfig } from './trigger.ts'

export type ConfigOf = { network: NetworkConfig; monitor: MonitorConfig; trigger: TriggerConfig }
export type ConfigKind = keyof ConfigOf
export type SecretPlace = { pointer: string; secret: Secret }
type MapSecret = (secret: Secret, pointer: string) => Secret

/** Every secret of a configuration with the pointer to it (spec/01 §2), in document order. */
export function listSecrets<K extends ConfigKind>(kind: K, config: ConfigOf[K]): SecretPlace[] {
  const places: SecretPlace[] = []
  mapSecrets(kind, config, (secret, pointer) => {
    places.push({ pointer, secret })
    return secret
  })
  return places
}

/** A copy in which each secret is replaced by what `replace` returns; the original is left as it is. */
export function mapSecrets<K extends ConfigKind>(kind: K, config: ConfigOf[K], replace: MapSecret): ConfigOf[K] {
  return mappers[kind](config, replace)
}

const mappers: { [K in ConfigKind]: (config: ConfigOf[K], replace: MapSecret) => ConfigOf[K] } = {
  network: (network, replace) => ({
    ...network,
    rpc_urls: network.rpc_urls.map((endpoint, index) => ({
      ...endpoint,
      url: replace(endpoint.url, toPointer(['rpc_urls', index, 'url'])),
    })),
  }),
  monitor: (monitor, replace) =>
    monitor.chain_configurations === undefined
      ? { ...monitor }
      : {
          ...monitor,
          chain_configurations: monitor.chain_configurations.map((chain, index) => mapChain(chain, index, replace)),
        },
  trigger: (trigger, replace) => ({ ...trigger, config: mapSettings(channels, trigger.config, replace) }),
}

type ChainConfiguration = NonNullable<MonitorConfig['chain_configurations']>[number]

function mapChain(chain: ChainConfiguration, index: number, replace: MapSecret): ChainConfiguration {
  const keys = chain.midnight?.viewing_keys
  if (!chain.midnight || !keys) return { ...chain }
  const path = ['chain_configurations', index, 'midnight', 'viewing_keys']
  return {
    ...chain,
    midnight: {
      ...chain.midnight,
      viewing_keys: keys.map((key, position) => replace(key, toPointer([...path, position]))),
    },
  }
}
