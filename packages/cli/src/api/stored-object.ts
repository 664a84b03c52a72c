import {
  type ConfigKind,
  type ConfigOf,
  monitorSchema,
  networkSchema,
  triggerSchema,
  type NetworkType,
  networkTypes,
} from '@smt/engine'
import { z } from 'zod'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'

/** An object as the server has it; secrets of its configuration are masked. */
export type StoredObject<K extends ConfigKind = ConfigKind> = {
  kind: K
  id: string
  version: number
  configuration: ConfigOf[K]
  /** What stands beside the configuration because OpenZeppelin Monitor does not know it, as it is written. */
  beside: JsonObject
}

export type SharedNetwork = { id: string; type: NetworkType }
export type Quota = { quota: string; limit: number; used: number | null; enforced: boolean }

/** Everything of a tenant that an import or export looks at. */
export type ServerState = {
  networks: StoredObject<'network'>[]
  shared: SharedNetwork[]
  triggers: StoredObject<'trigger'>[]
  monitors: StoredObject<'monitor'>[]
}

const json = z.custom<JsonObject>(isJsonObject)
const common = { version: z.int().positive(), configuration: json, labels: json, extensions: json }
const networkItem = z.object({
  network_id: z.string(),
  network_type: z.enum(networkTypes),
  explorer_url: z.string().nullable(),
  shared: z.boolean(),
  ...common,
})
const triggerItem = z.object({ trigger_id: z.string(), ...common })
const monitorItem = z.object({ monitor_id: z.string(), severity: z.string(), ...common })
const quotaItem = z.object({ quota: z.string(), limit: z.int(), used: z.int().nullable(), enforced: z.boolean() })

export const paths: Record<ConfigKind, string> = { network: '/networks', trigger: '/triggers', monitor: '/monitors' }
export const idFields: Record<ConfigKind, string> = {
  network: 'network_id',
  trigger: 'trigger_id',
  monitor: 'monitor_id',
}

const configurations: { [K in ConfigKind]: z.ZodType<ConfigOf[K]> } = {
  network: networkSchema,
  trigger: triggerSchema,
  monitor: monitorSchema,
}

/** Reads all pages of everything. Throws ApiError. */
export async function readServerState(api: Pick<ApiClient, 'list'>): Promise<ServerState> {
  const networks = await api.list('/networks', networkItem)
  const triggers = await api.list('/triggers', triggerItem)
  const monitors = await api.list('/monitors', monitorItem)
  return {
    networks: networks.filter(({ shared }) => !shared).map((item) => storedNetwork(item)),
    shared: networks.filter(({ shared }) => shared).map((item) => ({ id: item.network_id, type: item.network_type })),
    triggers: triggers.map((item) => storedTrigger(item)),
    monitors: monitors.map((item) => storedMonitor(item)),
  }
}

/** One object, or undefined when there is none. Throws ApiError. */
export async function findStored<K extends ConfigKind>(
  api: Pick<ApiClient, 'get'>,
  kind: K,
  id: string,
): Promise<Pick<StoredObject<K>, 'version' | 'configuration'> | undefined> {
  try {
    const item = z.object({ version: z.int().positive(), configuration: json })
    const { version, configuration } = await api.get(`${paths[kind]}/${encodeURIComponent(id)}`, item)
    return { version, configuration: configurationOf(kind, id, configuration) }
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

/** The tenant's quotas; undefined when the key may not read them. */
export async function readQuotas(api: Pick<ApiClient, 'list' | 'get'>): Promise<Quota[] | undefined> {
  try {
    const { items } = await api.get('/quota', z.object({ items: z.array(quotaItem) }))
    return items
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined
    throw error
  }
}

function storedNetwork(item: z.output<typeof networkItem>): StoredObject<'network'> {
  const { network_id: id, version, explorer_url, labels, extensions } = item
  const beside = { explorer_url, labels, extensions }
  return { kind: 'network', id, version, configuration: configurationOf('network', id, item.configuration), beside }
}

function storedTrigger(item: z.output<typeof triggerItem>): StoredObject<'trigger'> {
  const { trigger_id: id, version, labels, extensions } = item
  const configuration = configurationOf('trigger', id, item.configuration)
  return { kind: 'trigger', id, version, configuration, beside: { labels, extensions } }
}

function storedMonitor(item: z.output<typeof monitorItem>): StoredObject<'monitor'> {
  const { monitor_id: id, version, severity, labels, extensions } = item
  const configuration = configurationOf('monitor', id, item.configuration)
  return { kind: 'monitor', id, version, configuration, beside: { severity, labels, extensions } }
}

function configurationOf<K extends ConfigKind>(kind: K, id: string, configuration: JsonObject): ConfigOf[K] {
  const parsed = configurations[kind].safeParse(configuration)
  if (parsed.success) return parsed.data
  const message = `The ${kind} ${id} of the server has a configuration that this version does not understand.`
  throw new ApiError(message, { code: 'invalid_answer' })
}
