import { createApiClient } from './api-client.ts'
import type { DemoChain, Tenant } from './demo-chain.ts'

type Registration = { baseUrl: string; receiverUrl: string; chains: DemoChain[] }

/** Registers a tenant with a webhook of its own and its monitor on each chain. */
export async function registerTenant(slug: Tenant, { baseUrl, receiverUrl, chains }: Registration): Promise<void> {
  const { access_token: accessToken } = await createApiClient(baseUrl).post('/auth/register', {
    email: `owner@${slug}.example`,
    password: `a long passphrase of ${slug}`,
    tenant_name: slug,
    tenant_slug: slug,
  })
  const api = createApiClient(baseUrl, String(accessToken))
  await api.post(`/tenants/${slug}/triggers`, {
    trigger_id: 'hook',
    configuration: {
      name: 'Demo webhook',
      trigger_type: 'webhook',
      config: {
        url: { type: 'plain', value: `${receiverUrl}/${slug}` },
        message: { title: '${monitor.name}', body: '${transaction.hash}' },
      },
    },
  })
  for (const chain of chains) {
    const { id, configuration } = chain.monitors()[slug]
    await api.post(`/tenants/${slug}/monitors`, {
      monitor_id: id,
      configuration: {
        networks: [chain.networkId],
        paused: false,
        trigger_conditions: [],
        triggers: ['hook'],
        ...configuration,
      },
    })
  }
}
