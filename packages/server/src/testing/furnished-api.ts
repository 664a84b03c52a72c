import { createFanOut } from '../delivery/fan-out.ts'
import type { TestApi, TestTenant, TestUser } from './api-harness.ts'
import { monitorBody, networkBody, startFullApi, triggerBody } from './configuration-api.ts'
import { storeMatches } from './stored-alerts.ts'

/** The whole API with a tenant that has one object of each kind. */
export type FurnishedApi = {
  api: TestApi
  tenant: TestTenant
  operator: TestUser
  /** Path parameters that name the tenant's objects. */
  params: Record<string, string>
}

/** Texts that stand in the tenant's objects and nowhere else: whoever is shown one has been shown the tenant. */
export const markers = ['acme_secret_chain', 'acme-secret-hook', 'acme-secret-monitor'] as const

export async function startFurnishedApi(): Promise<FurnishedApi> {
  const api = await startFullApi()
  const tenant = await api.createTenant('acme')
  const operator = await api.addOperator()
  const member = await api.addUser(tenant, 'member')
  const create = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const reply = await api.request('POST', `/tenants/${tenant.slug}${path}`, { token: tenant.owner.token, body })
    if (reply.status !== 201) throw new Error(reply.text)
    return reply.json
  }
  const [network, trigger, monitor] = markers
  await create('/networks', networkBody(network))
  await create('/triggers', triggerBody(trigger))
  await create('/monitors', monitorBody(monitor, { networks: [network], triggers: [trigger] }))
  const key = await create('/api-keys', { name: 'a key', permissions: [{ resource: 'monitors', actions: ['read'] }] })
  const [match] = await storeMatches(api, { tenant, monitorId: monitor })
  await createFanOut(api).runBatch()
  const { rows } = await api.test.admin.query<{ id: string }>('select id from deliveries')
  if (match === undefined || rows[0] === undefined) throw new Error('there is no alert')
  return {
    api,
    tenant,
    operator,
    params: {
      user_id: member.id,
      key_id: key['id'] ?? '',
      network_id: network,
      trigger_id: trigger,
      monitor_id: monitor,
      match_id: match.id,
      delivery_id: rows[0].id,
    },
  }
}
