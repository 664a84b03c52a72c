export type Answer = { status: number; body: Record<string, unknown>; text: string; headers: Headers }

export type TenantClient = {
  slug: string
  accessToken: string
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export async function call(
  baseUrl: string,
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { ...(options.body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(options.body === undefined
      ? {}
      : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
  })
  const text = await response.text()
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, body: parsed as Record<string, unknown>, text, headers: response.headers }
}

/** Registers a tenant and its owner through the public API; paths are below `/api/v1/tenants/{slug}`. */
export async function registerTenant(baseUrl: string, slug: string): Promise<TenantClient> {
  const answer = await call(baseUrl, 'POST', '/api/v1/auth/register', {
    body: {
      email: `owner@${slug}.example`,
      password: `a long passphrase of ${slug}`,
      tenant_name: `Tenant ${slug}`,
      tenant_slug: slug,
    },
  })
  if (answer.status !== 201) throw new Error(`registration answered ${answer.status}: ${answer.text}`)
  return tenantClient(baseUrl, slug, String(answer.body['access_token']))
}

export function tenantClient(baseUrl: string, slug: string, accessToken: string): TenantClient {
  const request: TenantClient['request'] = (method, path, body, headers = {}) =>
    call(baseUrl, method, `/api/v1/tenants/${slug}${path}`, {
      ...(body === undefined ? {} : { body }),
      headers: { authorization: `Bearer ${accessToken}`, ...headers },
    })
  return {
    slug,
    accessToken,
    request,
    get: (path) => request('GET', path),
    post: (path, body, headers) => request('POST', path, body, headers),
  }
}

/** Creates an object and fails loudly when it is refused. */
export async function create(tenant: TenantClient, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await tenant.post(path, body)
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text}`)
  return answer.body
}

export function webhookTrigger(url: string, config: Record<string, unknown> = {}) {
  return {
    trigger_id: 'hook',
    configuration: {
      name: 'Hook',
      trigger_type: 'webhook',
      config: {
        url: { type: 'plain', value: url },
        message: { title: '${monitor.name}', body: '${transaction.hash}' },
        ...config,
      },
    },
  }
}

export function evmNetwork(slug: string, rpcUrl: string, overrides: Record<string, unknown> = {}) {
  return {
    network_type: 'EVM',
    slug,
    name: `Network ${slug}`,
    rpc_urls: [{ type_: 'rpc', url: { type: 'plain', value: rpcUrl }, weight: 100 }],
    chain_id: 31337,
    block_time_ms: 300,
    confirmation_blocks: 1,
    cron_schedule: '*/1 * * * * *',
    max_past_blocks: 'unlimited',
    ...overrides,
  }
}

export function transferMonitor(monitorId: string, networkId: string, token: { address: string; abi: unknown }) {
  return {
    monitor_id: monitorId,
    configuration: {
      name: `Transfers ${monitorId}`,
      networks: [networkId],
      paused: false,
      addresses: [{ address: token.address, contract_spec: token.abi }],
      match_conditions: {
        functions: [],
        events: [{ signature: 'Transfer(address,address,uint256)' }],
        transactions: [],
      },
      trigger_conditions: [],
      triggers: ['hook'],
    },
  }
}
