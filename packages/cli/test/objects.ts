export function network(slug: string, url = 'https://rpc.example.org/v2/0123456789abcdef', rest: object = {}) {
  return {
    network_type: 'EVM',
    slug,
    name: `Network ${slug}`,
    rpc_urls: [{ type_: 'rpc', url: { type: 'plain', value: url }, weight: 100 }],
    chain_id: 31_337,
    block_time_ms: 1_000,
    confirmation_blocks: 1,
    cron_schedule: '*/5 * * * * *',
    ...rest,
  }
}

export function webhook(name: string, config: object = {}) {
  return {
    name,
    trigger_type: 'webhook',
    config: {
      url: { type: 'plain', value: 'https://hooks.example.org/in/0123456789' },
      headers: { 'X-API-Key': 'public' },
      message: { title: '${monitor.name}', body: '${transaction.hash}' },
      ...config,
    },
  }
}

export function monitor(name: string, rest: object = {}) {
  return {
    name,
    networks: ['local'],
    paused: false,
    addresses: [{ address: '0x00000000000000000000000000000000000000aa' }],
    match_conditions: { functions: [], events: [], transactions: [{ status: 'Any', expression: null }] },
    trigger_conditions: [],
    triggers: ['hook'],
    ...rest,
  }
}

/** A directory without any problem or warning. */
export const goodTree = {
  'networks/local.json': network('local'),
  'triggers/all.json': { hook: webhook('Hook') },
  'monitors/any.json': monitor('Any'),
}
