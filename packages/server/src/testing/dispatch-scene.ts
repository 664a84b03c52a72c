import { startReceiver, type ReceivedRequest, type Receiver } from '@smt/testkit'
import { createDispatch, type Dispatch, type DispatchDeps, type DispatchOptions } from '../delivery/dispatch.ts'
import { createFanOut } from '../delivery/fan-out.ts'
import { createEgress, type Egress } from '../platform/egress/egress.ts'
import { createLogger } from '../platform/logger.ts'
import type { TestApi, TestTenant } from './api-harness.ts'
import { monitorBody, networkBody, plainSecrets, startFullApi, triggerBody } from './configuration-api.ts'
import { storeMatches, type StoredAlertsOptions } from './stored-alerts.ts'

/** Deliveries with everything real around them: database, HTTP, receiver. Only waiting takes no time. */
export type DispatchScene = {
  api: TestApi
  receiver: Receiver
  egress: Egress
  /** Everything that was logged, at every level. */
  logged(): string
  /** A tenant with the monitor `transfers` and the trigger `ops`, which calls the receiver under `/<slug>`. */
  createTenant(slug: string, change?: Record<string, unknown>): Promise<TestTenant>
  createDispatch(options?: DispatchOptions & { deps?: SceneDeps }): Dispatch
  /** Matches of the monitor `transfers` and their deliveries. */
  storeDeliveries(tenant: TestTenant, options?: Partial<StoredAlertsOptions>): Promise<void>
  /** Makes deliveries of all pending matches. */
  fanOut(): Promise<void>
  /** Sends until nothing is due. */
  sendAll(dispatch: Dispatch): Promise<void>
  requestsOf(tenant: TestTenant): ReceivedRequest[]
  deliveries(tenant: TestTenant): Promise<StoredDelivery[]>
  /** Changes all deliveries as nobody but the administrator can. */
  change(set: string): Promise<void>
  /** Forgets all alerts and requests, but no tenant. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** What a test puts in place of the real thing; of the egress it may be one way out alone. */
type SceneDeps = Partial<Omit<DispatchDeps, 'egress'> & { egress: Partial<DispatchDeps['egress']> }>

type StoredDelivery = {
  id: string
  state: string
  error_class: string | null
  attempt_count: number
  round: number
  due_in_s: number
  lease_id: string | null
  attempts: { number: number; outcome: string; http_status: number | null; error_class: string | null }[]
}

export async function startDispatchScene(): Promise<DispatchScene> {
  const lines: string[] = []
  const logger = createLogger({ level: 'debug', destination: { write: (line: string) => lines.push(line) } })
  const api = await startFullApi()
  const receiver = await startReceiver()
  const egress = createEgress({ allow: ['127.0.0.0/8'] })
  const fanOut = createFanOut(api)

  const post = async (tenant: TestTenant, path: string, body: object): Promise<void> => {
    const reply = await api.request('POST', `/tenants/${tenant.slug}${path}`, { token: tenant.owner.token, body })
    if (reply.status !== 201) throw new Error(reply.text)
  }

  return {
    api,
    receiver,
    egress,
    logged: () => lines.join('\n'),
    createTenant: async (slug, change = {}) => {
      const tenant = await api.createTenant(slug)
      const url = { type: 'Plain', value: `${receiver.url}/${slug}?key=${plainSecrets.hook}` }
      const message = { title: '${monitor.name}', body: '${transaction.hash}' }
      await post(tenant, '/networks', networkBody('acme_evm'))
      await post(tenant, '/triggers', triggerBody('ops', { url, message, retry_policy: { max_retries: 0 }, ...change }))
      await post(tenant, '/monitors', monitorBody('transfers'))
      return tenant
    },
    createDispatch: ({ deps = {}, ...options } = {}) =>
      createDispatch({ ...api, logger, random: () => 0.5, ...deps, egress: { ...egress, ...deps.egress } }, options),
    storeDeliveries: async (tenant, options = {}) => {
      await storeMatches(api, { tenant, monitorId: 'transfers', ...options })
      while ((await fanOut.runBatch()).matches > 0);
    },
    fanOut: async () => {
      while ((await fanOut.runBatch()).matches > 0);
    },
    sendAll: async (dispatch) => {
      while ((await dispatch.startDue()) > 0) await dispatch.settled()
    },
    requestsOf: (tenant) => receiver.requests.filter(({ path }) => path.startsWith(`/${tenant.slug}?`)),
    deliveries: async (tenant) => {
      const { rows } = await api.test.admin.query<StoredDelivery>(
        `select d.id, d.state, d.error_class, d.attempt_count, d.round, d.lease_id,
           extract(epoch from d.next_attempt_at - now())::float8 as due_in_s,
           coalesce((select jsonb_agg(jsonb_build_object('number', a.number, 'outcome', a.outcome, 'http_status', a.http_status,
               'error_class', a.error_class) order by a.number)
             from attempts a where a.tenant_id = d.tenant_id and a.delivery_id = d.id), '[]') as attempts
         from deliveries d where d.tenant_id = $1 order by d.created_at, d.id`,
        [tenant.id],
      )
      return rows
    },
    change: async (set) => {
      await api.test.admin.query(`update deliveries set ${set}`)
    },
    clear: async () => {
      for (const table of ['attempts', 'deliveries', 'trigger_health', 'matches', 'chain_items', 'notices'])
        await api.test.admin.query(`delete from ${table}`)
      receiver.requests.length = 0
      receiver.setBehaviour(() => ({ status: 200 }))
      lines.length = 0
    },
    close: async () => {
      await egress.close()
      await receiver.stop()
      await api.close()
    },
  }
}
