import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkMonitor } from './check-monitor.ts'
import { checkNetwork } from './check-network.ts'
import { checkTrigger } from './check-trigger.ts'
import { type MonitorConfig, monitorSchema } from './monitor.ts'
import { type NetworkConfig, networkSchema } from './network.ts'
import type { Checked } from './problem.ts'
import { listSecrets, mapSecrets } from './secret-places.ts'
import { signatureProblems } from './signature.ts'
import { type TriggerConfig, triggerSchema } from './trigger.ts'
import { unsupportedInMonitor, unsupportedInNetwork, unsupportedInTrigger } from './unsupported.ts'

function valid<T>({ value, problems }: Checked<T>): T {
  expect(problems).toEqual([])
  if (value === undefined) throw new Error('no value')
  return value
}

function secret(value: string) {
  return { type: 'Plain', value, note: 'kept' }
}

const message = { title: 't', body: 'b' }

const network: NetworkConfig = valid(
  checkNetwork({
    network_type: 'EVM',
    slug: 'a',
    name: 'A',
    rpc_urls: [
      { type_: 'rpc', url: secret('https://a'), weight: 1 },
      { type_: 'rpc', url: secret('https://b'), weight: 2 },
    ],
    block_time_ms: 1000,
    confirmation_blocks: 1,
    cron_schedule: '@hourly',
  }),
)

const monitor: MonitorConfig = valid(
  checkMonitor({
    name: 'M',
    networks: ['a'],
    paused: false,
    addresses: [],
    match_conditions: {
      functions: [{ signature: 'f()' }, { signature: 'g' }],
      events: [
        { signature: 'E', expression: null },
        { signature: ' E(address) ' },
        { signature: 'E(address) x', expression: 'a > 1' },
      ],
      transactions: [{ status: 'Any', expression: 'value > 1' }],
    },
    trigger_conditions: [{ script_path: 'x.js', language: 'JavaScript', timeout_ms: 1 }],
    triggers: [],
    chain_configurations: [{ evm: {} }, { midnight: { viewing_keys: [secret('k0'), secret('k1')] } }, { midnight: {} }],
  }),
)

function trigger(trigger_type: string, config: object): TriggerConfig {
  return valid(checkTrigger({ name: 'T', trigger_type, config }))
}

const webhook = trigger('webhook', { url: secret('https://w'), secret: secret('s'), message })
const email = trigger('email', {
  host: 'a.b',
  username: secret('u'),
  password: secret('p'),
  message,
  sender: 'a@b',
  recipients: ['a@b'],
})
const slack = trigger('slack', { slack_url: secret('https://hooks.slack.com/x'), message })
const discord = trigger('discord', { discord_url: secret('https://discord.com/api/webhooks/x'), message })
const telegram = trigger('telegram', { token: secret(`12345678:${'a'.repeat(35)}`), chat_id: '1', message })
const script = trigger('script', { language: 'Bash', script_path: 'x.sh', timeout_ms: 1 })

describe('listSecrets', () => {
  it.each([
    ['network', network, ['/rpc_urls/0/url', '/rpc_urls/1/url']],
    [
      'monitor',
      monitor,
      ['/chain_configurations/1/midnight/viewing_keys/0', '/chain_configurations/1/midnight/viewing_keys/1'],
    ],
    ['trigger', webhook, ['/config/url', '/config/secret']],
    ['trigger', email, ['/config/username', '/config/password']],
    ['trigger', slack, ['/config/slack_url']],
    ['trigger', discord, ['/config/discord_url']],
    ['trigger', telegram, ['/config/token']],
    ['trigger', script, []],
  ] as const)('finds every secret of a %s', (kind, config, pointers) => {
    expect(listSecrets(kind, config as never).map(({ pointer }) => pointer)).toEqual(pointers)
  })
})

describe('mapSecrets', () => {
  it.each([
    ['network', network],
    ['monitor', monitor],
    ...[webhook, email, slack, discord, telegram, script].map((config) => ['trigger', config] as const),
  ] as const)('replaces every secret of a %s in a copy and nothing else', (kind, config) => {
    const before = structuredClone(config)
    const masked = mapSecrets(kind, config as never, ({ type }, pointer) => ({ type, value: `mask of ${pointer}` }))
    expect(config).toStrictEqual(before)
    const secrets = listSecrets(kind, config as never)
    for (const { secret: plain } of secrets) expect(JSON.stringify(masked)).not.toContain(`"${plain.value}"`)
    const values = new Map(secrets.map((place) => [place.pointer, place.secret]))
    const back = mapSecrets(kind, masked, (_, pointer) => values.get(pointer) ?? { type: 'x', value: 'x' })
    expect(back).toStrictEqual(before)
  })
})

describe('signatureProblems', () => {
  it.each(['EVM', 'Stellar', 'Midnight'] as const)('demands parentheses on %s (26)', (type) => {
    expect(signatureProblems(monitor, type).map(({ pointer }) => pointer)).toEqual([
      '/match_conditions/functions/1/signature',
      '/match_conditions/events/0/signature',
      '/match_conditions/events/2/signature',
    ])
  })

  it('demands nothing on Solana (26)', () => {
    expect(signatureProblems(monitor, 'Solana')).toEqual([])
  })

  it.each([
    ['Transfer()', 0],
    ['((', 1],
    [')(', 1],
    [')', 1],
    ['\u2003f()\n', 0],
  ])('judges %j', (signature, count) => {
    const match_conditions = { functions: [], events: [{ signature }], transactions: [] }
    expect(signatureProblems({ ...monitor, match_conditions }, 'EVM')).toHaveLength(count)
  })
})

describe('what this version cannot execute', () => {
  it('is every network but EVM and Stellar', () => {
    expect(unsupportedInNetwork(network)).toEqual([])
    expect(unsupportedInNetwork({ ...network, network_type: 'Stellar' })).toEqual([])
    expect(unsupportedInNetwork({ ...network, network_type: 'Solana' })).toMatchObject([
      { pointer: '/network_type', code: 'unsupported_feature' },
    ])
  })

  it('is filter scripts of a monitor', () => {
    expect(unsupportedInMonitor(monitor).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/trigger_conditions/0 unsupported_feature',
    ])
  })

  it('is scripts alone of all triggers', () => {
    for (const channel of [webhook, email, slack, discord, telegram]) expect(unsupportedInTrigger(channel)).toEqual([])
    expect(unsupportedInTrigger(script)).toMatchObject([{ pointer: '/trigger_type', code: 'unsupported_feature' }])
    expect(unsupportedInTrigger({ ...script, trigger_type: 'slack' })).toMatchObject([{ pointer: '/config' }])
  })

  it('is e-mail under the name of another channel and the other way round, but no mixture of HTTP channels', () => {
    expect(unsupportedInTrigger({ ...slack, trigger_type: 'webhook' })).toEqual([])
    for (const mixed of [
      { ...email, trigger_type: 'webhook' as const },
      { ...webhook, trigger_type: 'email' as const },
    ]) {
      expect(unsupportedInTrigger(mixed)).toMatchObject([{ pointer: '/config', code: 'unsupported_feature' }])
    }
  })
})

describe('the JSON Schema of the configurations', () => {
  it.each([
    ['network', networkSchema],
    ['monitor', monitorSchema],
    ['trigger', triggerSchema],
  ])('of a %s exists and describes its fields', (_, schema) => {
    for (const io of ['input', 'output'] as const) {
      const document = z.toJSONSchema(schema, { target: 'draft-2020-12', io })
      expect(document).toMatchObject({ type: 'object', title: expect.any(String), description: expect.any(String) })
      const fields = Object.values(document.properties ?? {})
      const described = fields.filter((field) => typeof field === 'object' && field.description !== undefined)
      expect(described.length).toBeGreaterThanOrEqual(fields.length - 2)
    }
  })

  it('shows integers with their limits and durations in both forms', () => {
    const document = z.toJSONSchema(networkSchema, { target: 'draft-2020-12' })
    expect(document.properties).toMatchObject({
      block_time_ms: { type: 'integer', minimum: 100 },
      chain_id: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
    })
    expect(document.required).toContain('block_time_ms')
    expect(JSON.stringify(z.toJSONSchema(triggerSchema))).toContain('"prefixItems"')
  })
})
