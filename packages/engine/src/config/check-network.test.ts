import { describe, expect, it } from 'vitest'
import { checkNetwork } from './check-network.ts'
import { parseJson } from './json.ts'

const network = {
  network_type: 'EVM',
  slug: 'acme_testnet',
  name: 'Acme Testnet',
  rpc_urls: [{ type_: 'rpc', url: { type: 'plain', value: 'https://rpc.acme.example' }, weight: 100 }],
  block_time_ms: 1000,
  confirmation_blocks: 2,
  cron_schedule: '0 */5 * * * *',
}

function endpoint(change: object) {
  return { ...network, rpc_urls: [{ ...network.rpc_urls[0], ...change }] }
}

function url(value: string, change: object = {}) {
  return endpoint({ url: { type: 'Plain', value }, ...change })
}

function found(value: unknown, kind: 'problems' | 'warnings'): string[] {
  return checkNetwork(value)[kind].map(({ pointer, code }) => `${pointer} ${code}`)
}

const recovery = {
  enabled: true,
  cron_schedule: '0 */5 * * * *',
  max_blocks_per_run: 10,
  max_block_age: 100,
  max_retries: 3,
  retry_delay_ms: 5,
}

const { retry_delay_ms: _, ...withoutDelay } = recovery

describe('checkNetwork', () => {
  it.each([
    ['a complete network', network],
    ['a blank name (13)', { ...network, name: ' ' }],
    ['an empty slug (13)', { ...network, slug: '' }],
    ['no endpoint (14)', { ...network, rpc_urls: [] }],
    ['weight 0 (15)', endpoint({ weight: 0 })],
    ['block_time_ms 100 (16)', { ...network, block_time_ms: 100 }],
    ['fewer past blocks than recommended (17)', { ...network, max_past_blocks: 10 }],
    ['unlimited past blocks (17)', { ...network, max_past_blocks: 'unlimited' }],
    [
      'null for everything optional (17)',
      {
        ...network,
        chain_id: null,
        network_passphrase: null,
        max_past_blocks: null,
        store_blocks: null,
        recovery_config: null,
      },
    ],
    ['no chain id (20)', network],
    ['Stellar without passphrase (20)', { ...network, network_type: 'Stellar' }],
    ['a bad recovery schedule (21)', { ...network, recovery_config: { ...recovery, cron_schedule: 'nonsense' } }],
    ['the largest u64', { ...network, chain_id: 18446744073709551615n }],
    [
      'a secret type in capitals with an extra key (9, 12)',
      endpoint({ url: { type: 'PLAIN', value: 'https://x', note: 1 } }),
    ],
    ['a secret kept elsewhere', endpoint({ url: { type: 'environment', value: 'NOPE' } })],
    ['a WebSocket endpoint on EVM', url('wss://x')],
    ['Midnight', { ...url('wss://x', { type_: 'ws_rpc' }), network_type: 'Midnight' }],
  ])('accepts %s', (_, value) => {
    const checked = checkNetwork(value)
    expect(checked.problems).toEqual([])
    expect(checked.value).toEqual(value)
  })

  it.each([
    ['an unknown field (4)', { ...network, note: 'x' }, ['/note unknown_field']],
    ['$schema', { ...network, $schema: 'x' }, ['/$schema unknown_field']],
    ['lower-case network type (13)', { ...network, network_type: 'evm' }, ['/network_type invalid_value']],
    ['a slug with other characters (13)', { ...network, slug: 'Acme-1' }, ['/slug invalid_format']],
    ['an empty name (13)', { ...network, name: '' }, ['/name too_short']],
    ['ws_rpc on EVM (15)', endpoint({ type_: 'ws_rpc' }), ['/rpc_urls/0/type_ invalid_value']],
    [
      'rpc and https on Midnight (15)',
      { ...network, network_type: 'Midnight' },
      ['/rpc_urls/0/type_ invalid_value', '/rpc_urls/0/url/value invalid_url'],
    ],
    ['weight 101 (15)', endpoint({ weight: 101 }), ['/rpc_urls/0/weight out_of_range']],
    ['a scheme in capitals (15)', url('HTTPS://x'), ['/rpc_urls/0/url/value invalid_url']],
    ['block_time_ms 99 (16)', { ...network, block_time_ms: 99 }, ['/block_time_ms out_of_range']],
    ['confirmation_blocks 0 (16)', { ...network, confirmation_blocks: 0 }, ['/confirmation_blocks out_of_range']],
    ['max_past_blocks 0 (17)', { ...network, max_past_blocks: 0 }, ['/max_past_blocks invalid_value']],
    ['Unlimited (17)', { ...network, max_past_blocks: 'Unlimited' }, ['/max_past_blocks invalid_value']],
    ['max_past_blocks true (17)', { ...network, max_past_blocks: true }, ['/max_past_blocks invalid_value']],
    ['max_past_blocks -5 (17)', { ...network, max_past_blocks: -5 }, ['/max_past_blocks invalid_value']],
    ['five cron fields (19)', { ...network, cron_schedule: '*/5 * * * *' }, ['/cron_schedule invalid_cron']],
    ['an empty schedule (19)', { ...network, cron_schedule: '' }, ['/cron_schedule invalid_cron']],
    [
      'a recovery without retry_delay_ms (21)',
      { ...network, recovery_config: withoutDelay },
      ['/recovery_config/retry_delay_ms required'],
    ],
    ['a bare string for a secret (9)', endpoint({ url: 'https://x' }), ['/rpc_urls/0/url invalid_type']],
    [
      'a secret that is a number (9)',
      endpoint({ url: { type: 'Plain', value: 5 } }),
      ['/rpc_urls/0/url/value invalid_type'],
    ],
    [
      'an unknown kind of secret (9)',
      endpoint({ url: { type: 'vault', value: 'x' } }),
      ['/rpc_urls/0/url/type invalid_value'],
    ],
    ['a number beyond u64', { ...network, chain_id: 18446744073709551616n }, ['/chain_id out_of_range']],
    ['a string for a number', { ...network, chain_id: '1' }, ['/chain_id invalid_type']],
    ['null where it is required', { ...network, block_time_ms: null }, ['/block_time_ms invalid_type']],
    ['U+0000', { ...network, name: 'a\0b' }, ['/name invalid_character']],
    ['an array', [], [' invalid_type']],
    ['null', null, [' invalid_type']],
    ['nothing', undefined, [' invalid_type', ' invalid_type']],
  ])('refuses %s', (_, value, expected) => {
    const checked = checkNetwork(value)
    expect(found(value, 'problems')).toEqual(expected)
    expect(checked).not.toHaveProperty('value')
  })

  it.each(['1000.0', '1e3', '-0', '1.5', '"1000"'])('refuses %s for an integer', (text) => {
    const value = parseJson(JSON.stringify(network).replace('"block_time_ms":1000', `"block_time_ms":${text}`))
    expect(found(value, 'problems')[0]).toMatch(/^\/block_time_ms (invalid_type|out_of_range)$/)
  })

  it('refuses 10.0 for max_past_blocks (17) and a number for an object', () => {
    const value = parseJson(JSON.stringify(network).replace('}]', '},1.0]').replace('{', '{"max_past_blocks":10.0,'))
    expect(found(value, 'problems')).toEqual(['/rpc_urls/1 invalid_type', '/max_past_blocks invalid_value'])
  })

  it('reports shape and rule problems of all parts together', () => {
    const value = {
      network_type: 'EVM',
      slug: 'A B',
      extra: 1,
      rpc_urls: [
        { type_: 'ws_rpc', url: { type: 'Plain', value: 'ftp://x' }, weight: 'high' },
        { url: { type: 'plain', value: 'ftp://y' }, 'a/b~c': 1 },
      ],
      block_time_ms: 1,
      cron_schedule: '* * *',
    }
    expect(found(value, 'problems').toSorted()).toEqual([
      '/block_time_ms out_of_range',
      '/confirmation_blocks required',
      '/cron_schedule invalid_cron',
      '/extra unknown_field',
      '/name required',
      '/rpc_urls/0/type_ invalid_value',
      '/rpc_urls/0/url/value invalid_url',
      '/rpc_urls/0/weight invalid_type',
      '/rpc_urls/1/a~1b~0c unknown_field',
      '/rpc_urls/1/type_ required',
      '/rpc_urls/1/url/value invalid_url',
      '/rpc_urls/1/weight required',
      '/slug invalid_format',
    ])
  })

  it.each([
    ['a usual network', network, []],
    ['a blank name', { ...network, name: ' ' }, ['/name blank_name']],
    ['an empty slug', { ...network, slug: '' }, ['/slug empty_slug']],
    ['no endpoint', { ...network, rpc_urls: [] }, ['/rpc_urls no_endpoints']],
    ['only unused endpoints', endpoint({ weight: 0 }), ['/rpc_urls no_endpoints']],
    ['http', url('http://x'), ['/rpc_urls/0/url/value insecure_url']],
    ['another port', url('https://x:8545'), ['/rpc_urls/0/url/value unusual_port']],
    ['port 443', url('https://x:443'), []],
    ['port 80', url('https://x:80'), []],
    ['no host', url('https://'), ['/rpc_urls/0/url/value unusable_url']],
    ['ws on EVM', url('ws://x'), ['/rpc_urls/0/url/value insecure_url', '/rpc_urls/0/url/value unusable_url']],
    ['a secret kept elsewhere', endpoint({ url: { type: 'environment', value: 'http://x:1' } }), []],
    [
      '302 past blocks of 303 recommended (18)',
      { ...network, max_past_blocks: 302 },
      ['/max_past_blocks past_blocks_too_small'],
    ],
    ['303 past blocks of 303 recommended (18)', { ...network, max_past_blocks: 303n }, []],
    [
      'a stored backlog',
      { ...network, max_past_blocks: 'unlimited', store_blocks: true },
      ['/max_past_blocks backlog_stored'],
    ],
    [
      'a bad recovery schedule',
      { ...network, recovery_config: { ...recovery, cron_schedule: 'x' } },
      ['/recovery_config/cron_schedule recovery_cron_invalid'],
    ],
  ])('warns about %s', (_, value, expected) => {
    expect(found(value, 'warnings')).toEqual(expected)
  })

  it('never shows a URL or secret in a message', () => {
    for (const value of ['ftp://user:hush@x/hush', 'http://hush:1/hush', 'ws://hush', 'https://[hush', 'hush']) {
      expect(JSON.stringify(checkNetwork(url(value)))).not.toMatch(/hush.*"(problems|warnings)".*hush/s)
      expect(JSON.stringify(checkNetwork({ ...url(value), slug: 'NO', weight: value }).problems)).not.toContain('hush')
      expect(JSON.stringify(checkNetwork(url(value)).warnings)).not.toContain('hush')
    }
  })
})
