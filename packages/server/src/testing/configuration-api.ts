import { createDelivery } from '../delivery/delivery.ts'
import { createExplainRoutes } from '../engines/native/explain-routes.ts'
import { createExplainService } from '../engines/native/explain-service.ts'
import { createMonitors } from '../monitors/monitors.ts'
import { createNetworks } from '../networks/networks.ts'
import type { Egress } from '../platform/egress/egress.ts'
import { createLogger } from '../platform/logger.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createRpcBudget } from '../tenants/rpc-budget.ts'
import { createRpcLimits } from '../tenants/rpc-limits.ts'
import type { Route } from '../tenants/route.ts'
import { createTriggers } from '../triggers/triggers.ts'
import { createUsageRecorder } from '../usage/usage-recorder.ts'
import { createUsage } from '../usage/usage.ts'
import { startTestApi, type TestApi, type TestApiOptions, type TestApiParts, type TestTenant } from './api-harness.ts'

/** The API with networks, triggers and monitors. */
export function startConfigurationApi(options: Omit<TestApiOptions, 'routes'> = {}): Promise<TestApi> {
  return startTestApi({ ...options, routes: configurationRoutes })
}

export type FullApiOptions = Omit<TestApiOptions, 'routes'> & {
  /** What receivers and nodes are called through; without it nobody can be reached. */
  egress?: Pick<Egress, 'request' | 'connect'>
}

/** The API with every route that the server has. */
export function startFullApi({ egress, ...options }: FullApiOptions = {}): Promise<TestApi> {
  return startTestApi({
    ...options,
    routes: (parts) => [
      ...configurationRoutes(parts),
      ...deliveryRoutes(parts, egress),
      ...explainRoutes(parts, egress),
    ],
  })
}

function configurationRoutes(parts: TestApiParts): Route[] {
  const { networks, triggers, monitors } = configurationOf(parts)
  return [...networks.routes, ...triggers.routes, ...monitors.routes, ...usageRoutes(parts)]
}

function usageRoutes(parts: TestApiParts): Route[] {
  return createUsage({ ...parts, logger: createLogger({ level: 'silent' }) }).routes
}

function configurationOf(parts: TestApiParts) {
  const networks = createNetworks(parts)
  const triggers = createTriggers(parts)
  const monitors = createMonitors({ ...parts, networks: networks.service, triggers: triggers.service })
  return { networks, triggers, monitors }
}

function explainRoutes(parts: TestApiParts, egress: Pick<Egress, 'request' | 'connect'> = nobody): Route[] {
  const budget = createRpcBudget({ ...parts, limitOf: createRpcLimits(parts) }, { hostPerMinute: 6_000 })
  const others = { metrics: createMetrics(), usage: createUsageRecorder() }
  const explainer = createExplainService({ ...parts, ...others, egress, budget })
  return createExplainRoutes({ monitors: configurationOf(parts).monitors.service, explainer })
}

const refuse = () => Promise.reject(new Error('nobody is contacted in these tests'))
const nobody = { request: refuse, connect: refuse }

function deliveryRoutes(parts: TestApiParts, egress: Pick<Egress, 'request' | 'connect'> = nobody): Route[] {
  const delivery = createDelivery({
    ...parts,
    egress,
    triggers: configurationOf(parts).triggers.service,
    logger: createLogger({ level: 'silent' }),
    metrics: createMetrics(),
  })
  return delivery.routes
}

type Change = Record<string, unknown>

/** The secrets of the bodies below: tests look for them where they must not be. */
export const plainSecrets = { rpc: 'rpc-s3cret-key', hook: 'hook-s3cret-path', signature: 'signature-s3cret' } as const

/** The body of a network that is right, with its configuration changed. */
export function networkBody(slug: string, change: Change = {}) {
  return {
    configuration: {
      network_type: 'EVM',
      slug,
      name: `Network ${slug}`,
      rpc_urls: [
        { type_: 'rpc', url: { type: 'Plain', value: `https://rpc.acme.example/${plainSecrets.rpc}` }, weight: 100 },
      ],
      chain_id: 1,
      block_time_ms: 12_000,
      confirmation_blocks: 12,
      cron_schedule: '0 */1 * * * *',
      ...change,
    },
  }
}

/** The body of a webhook trigger that is right, with its `config` changed. */
export function triggerBody(triggerId: string, change: Change = {}) {
  return {
    trigger_id: triggerId,
    configuration: {
      name: `Trigger ${triggerId}`,
      trigger_type: 'webhook',
      config: {
        url: { type: 'Plain', value: `https://hooks.acme.example/${plainSecrets.hook}` },
        secret: { type: 'Plain', value: plainSecrets.signature },
        message: { title: 'Alert', body: 'Something happened' },
        ...change,
      },
    },
  }
}

const transferSpec = [
  {
    type: 'event',
    name: 'Transfer',
    anonymous: false,
    inputs: [
      { name: 'from', type: 'address', indexed: true },
      { name: 'to', type: 'address', indexed: true },
      { name: 'value', type: 'uint256', indexed: false },
    ],
  },
]

/** The body of a monitor that is right for the network `acme_evm` and the trigger `ops`, with its configuration changed. */
export function monitorBody(monitorId: string, change: Change = {}) {
  return {
    monitor_id: monitorId,
    configuration: {
      name: `Monitor ${monitorId}`,
      networks: ['acme_evm'],
      paused: false,
      addresses: [{ address: '0x00000000000000000000000000000000000000aa', contract_spec: transferSpec }],
      match_conditions: {
        functions: [],
        events: [{ signature: 'Transfer(address,address,uint256)' }],
        transactions: [],
      },
      trigger_conditions: [],
      triggers: ['ops'],
      ...change,
    },
  }
}

/** A tenant with the network `acme_evm` and the trigger `ops`. */
export async function createWatchingTenant(api: TestApi, slug: string): Promise<TestTenant> {
  const tenant = await api.createTenant(slug)
  const { token } = tenant.owner
  const network = await api.request('POST', `/tenants/${slug}/networks`, { token, body: networkBody('acme_evm') })
  const trigger = await api.request('POST', `/tenants/${slug}/triggers`, { token, body: triggerBody('ops') })
  if (network.status !== 201 || trigger.status !== 201)
    throw new Error(`set-up failed: ${network.text} ${trigger.text}`)
  return tenant
}

/** Changes a limit as the operator does. */
export async function setLimit(
  api: TestApi,
  tenant: TestTenant,
  { quota, limit }: { quota: string; limit: number },
): Promise<void> {
  await api.test.admin.query('update quotas set lim = $3 where tenant_id = $1 and quota = $2', [
    tenant.id,
    quota,
    limit,
  ])
}

export async function usedOf(api: TestApi, tenant: TestTenant, quota: string): Promise<number> {
  const { rows } = await api.test.admin.query<{ used: number }>(
    'select used from quotas where tenant_id = $1 and quota = $2',
    [tenant.id, quota],
  )
  return rows[0]?.used ?? Number.NaN
}

/** Every row of a table as text: where a secret would be found. */
export async function rowsAsText(api: TestApi, table: string): Promise<string> {
  const { rows } = await api.test.admin.query<{ text: string }>(`select t::text as text from ${table} t`)
  return rows.map(({ text }) => text).join('\n')
}

/** What a problem document says is wrong: `pointer code`, sorted. */
export function problemsIn(json: { errors?: { pointer: string; code: string }[] }): string[] {
  return (json.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`).toSorted()
}

/** Bodies that nobody sends in good faith; each is refused before anything is written. */
export function hostileBodies(body: object): { what: string; raw: string; status: number }[] {
  const text = JSON.stringify(body)
  const withField = (field: string) => `${text.slice(0, -1)},${field}}`
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  return [
    { what: 'malformed JSON', raw: text.slice(0, -1), status: 400 },
    { what: 'nesting of 200 levels', raw: withField(`"extensions":${deep(200)}`), status: 400 },
    { what: 'nesting of 100,000 levels', raw: withField(`"extensions":${deep(100_000)}`), status: 400 },
    { what: 'more than a megabyte', raw: withField(`"extensions":{"a":"${'x'.repeat(1_100_000)}"}`), status: 413 },
    { what: 'a repeated key', raw: withField('"labels":{"a":"1","a":"2"}'), status: 400 },
    { what: 'half a surrogate pair', raw: withField(String.raw`"labels":{"a":"\ud800"}`), status: 400 },
    { what: 'U+0000 in a label', raw: withField(String.raw`"labels":{"a":"\u0000"}`), status: 422 },
    { what: 'U+0000 in a key', raw: withField(String.raw`"extensions":{"\u0000":1}`), status: 422 },
    { what: 'a number of 2,000 digits', raw: withField(`"extensions":{"a":${'9'.repeat(2_000)}}`), status: 422 },
    { what: 'a number with a huge exponent', raw: withField('"extensions":{"a":1e999999999}'), status: 422 },
    { what: '__proto__ beside the configuration', raw: withField('"__proto__":{"is_active":false}'), status: 422 },
    {
      what: '__proto__ in the configuration',
      raw: text.replace('"configuration":{', '"configuration":{"__proto__":{"a":1},'),
      status: 422,
    },
    { what: 'constructor beside the configuration', raw: withField('"constructor":{"prototype":{}}'), status: 422 },
    { what: 'extensions of 20 KiB', raw: withField(`"extensions":{"a":"${'x'.repeat(20_480)}"}`), status: 422 },
    {
      what: '33 labels',
      raw: withField(
        `"labels":${JSON.stringify(Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, ''])))}`,
      ),
      status: 422,
    },
    {
      what: 'a name of 2,000 bytes',
      raw: text.replace(/"name":"[^"]*"/, `"name":"${'n'.repeat(2_000)}"`),
      status: 422,
    },
    { what: 'an array', raw: `[${text}]`, status: 422 },
    { what: 'null', raw: 'null', status: 422 },
    { what: 'null for the configuration', raw: JSON.stringify({ ...body, configuration: null }), status: 422 },
    { what: 'a configuration that is text', raw: JSON.stringify({ ...body, configuration: '{}' }), status: 422 },
  ]
}
