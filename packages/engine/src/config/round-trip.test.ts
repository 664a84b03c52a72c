import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkMonitor } from './check-monitor.ts'
import { checkNetwork } from './check-network.ts'
import { checkTrigger } from './check-trigger.ts'
import { JsonNumber, parseJson, stringifyJson } from './json.ts'
import { renderMonitor, renderNetwork, renderTrigger } from './render.ts'

// JSON text cannot hold U+0000 here, nor half a surrogate pair.
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => value.replaceAll('\0', ''))
const filled = text.map((value) => `x${value}`)
const smallOrBig = (max: bigint) =>
  fc.bigInt({ min: 0n, max }).map((value) => (value < 2n ** 53n ? Number(value) : value))
const u64 = fc.oneof(fc.nat(), smallOrBig(2n ** 64n - 1n))
const u32 = fc.oneof(fc.nat(10), smallOrBig(2n ** 32n - 1n))
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value)
/** A key that JavaScript does not treat specially. */
const extraKey = text.map((key) => `x-${key}`)
const json: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 1.5, -3, 2n ** 60n, new JsonNumber('1.0'), new JsonNumber('1e3')),
  text,
  fc.array(text, { maxLength: 2 }),
  fc.dictionary(extraKey, text, { maxKeys: 2, noNullPrototype: true }),
)

/** A record of which all but the `required` fields may be absent, perhaps with fields the format ignores. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, requiredKeys: (keyof T)[] = []) {
  return fc
    .record(model, { requiredKeys, noNullPrototype: true })
    .map((value) => ({ ...value }) as Record<string, unknown>)
}

function loose(value: fc.Arbitrary<Record<string, unknown>>) {
  return fc
    .tuple(fc.dictionary(extraKey, json, { maxKeys: 2, noNullPrototype: true }), value)
    .map(([extra, known]) => ({ ...extra, ...known }))
}

function secret(plain: fc.Arbitrary<string>) {
  const kinds = fc.constantFrom('environment', 'Environment', 'HashicorpCloudVault', 'hashicorpcloudvault')
  return fc.oneof(
    loose(record({ type: fc.constantFrom('plain', 'Plain', 'PLAIN'), value: plain }, ['type', 'value'])),
    loose(record({ type: kinds, value: text }, ['type', 'value'])),
  )
}

const cron = fc.constantFrom('0 */5 * * * *', '@hourly', '0 0 0 ? JAN-Mar mon-FRI 2030', '5/10 * * * * *')

const network = fc
  .record({
    type: fc.constantFrom('EVM', 'Stellar', 'Midnight', 'Solana'),
    hosts: fc.array(fc.constantFrom('rpc.example', 'x:8545', 'user:pass@x/?k=1'), { maxLength: 3 }),
    fields: record({
      chain_id: optional(u64),
      network_passphrase: optional(text),
      max_past_blocks: optional(
        fc.oneof(
          fc.constant('unlimited'),
          u64.map((value) => (value === 0 ? 1 : value)),
        ),
      ),
      store_blocks: optional(fc.boolean()),
      recovery_config: optional(
        record(
          {
            enabled: fc.boolean(),
            cron_schedule: text,
            max_blocks_per_run: u64,
            max_block_age: u64,
            max_retries: u32,
            retry_delay_ms: u64,
          },
          ['enabled', 'cron_schedule', 'max_blocks_per_run', 'max_block_age', 'max_retries', 'retry_delay_ms'],
        ),
      ),
    }),
    slug: fc.stringMatching(/^[a-z0-9_]{0,8}$/),
    name: filled,
    block_time_ms: u64.map((value) => (typeof value === 'bigint' ? value : value + 100)),
    confirmation_blocks: u64.map((value) => (value === 0 ? 1 : value)),
    cron_schedule: cron,
    weight: fc.nat(100),
    external: secret(fc.constant('https://x')).filter(({ type }) => String(type).toLowerCase() !== 'plain'),
  })
  .map(({ type, hosts, fields, weight, external, ...rest }) => {
    const isMidnight = type === 'Midnight'
    const urls = hosts.map((host) => ({ type: 'Plain', value: `${isMidnight ? 'wss' : 'https'}://${host}` }))
    const rpc_urls = [...urls, external].map((url) => ({ type_: isMidnight ? 'ws_rpc' : 'rpc', url, weight }))
    return { network_type: type, rpc_urls, ...rest, ...fields }
  })

const solidityType = fc.constantFrom('uint256', 'address', 'bytes32[]', '(uint8,bool)[2]')
const parameter = fc.letrec<{ parameter: Record<string, unknown> }>((tie) => ({
  parameter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    loose(
      record({ type: solidityType, name: fc.constantFrom('', 'a', '_b$1'), internalType: optional(text) }, ['type']),
    ),
    loose(
      record(
        {
          type: fc.constantFrom('tuple', 'tuple[]'),
          components: fc.array(tie('parameter'), { minLength: 1, maxLength: 2 }),
        },
        ['type', 'components'],
      ),
    ),
  ),
})).parameter
const parameters = fc.array(parameter, { maxLength: 3 })
const eventParameter = fc
  .tuple(parameter, fc.constantFrom({}, { indexed: true }, { indexed: false }))
  .map(([value, indexed]) => ({ ...value, ...indexed }))
const abiItem = fc.oneof(
  loose(
    record(
      {
        type: fc.constant('function'),
        name: text,
        inputs: parameters,
        outputs: parameters,
        stateMutability: fc.constantFrom('view', 'payable'),
      },
      ['type', 'name', 'inputs', 'outputs'],
    ),
  ),
  loose(
    record(
      {
        type: fc.constant('event'),
        name: text,
        inputs: fc.array(eventParameter, { maxLength: 3 }),
        anonymous: fc.boolean(),
      },
      ['type', 'name', 'inputs', 'anonymous'],
    ),
  ),
  loose(record({ type: fc.constant('error'), name: text, inputs: parameters }, ['type', 'name', 'inputs'])),
)

const stellarType = fc.letrec<{ type: unknown }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>('address', 'i128', 'muxed_address', { bytes_n: { n: 32 } }, { udt: { name: 'Foo' } }),
    fc.oneof(
      tie('type').map((type) => ({ vec: { element_type: type } })),
      tie('type').map((type) => ({ option: { value_type: type } })),
      fc.tuple(tie('type'), tie('type')).map(([key_type, value_type]) => ({ map: { key_type, value_type } })),
      fc.tuple(tie('type'), tie('type')).map(([ok_type, error_type]) => ({ result: { ok_type, error_type } })),
      fc.array(tie('type'), { maxLength: 3 }).map((value_types) => ({ tuple: { value_types } })),
    ),
  ),
})).type
const short = fc.constantFrom('', 'a', 'name')
const field = record({ doc: short, name: short, type_: stellarType }, ['doc', 'name', 'type_'])
const functionV0 = {
  doc: short,
  name: short,
  inputs: fc.array(field, { maxLength: 3 }),
  outputs: fc.array(stellarType, { maxLength: 1 }),
}
const eventV0 = {
  doc: short,
  lib: short,
  name: short,
  prefix_topics: fc.array(short, { maxLength: 2 }),
  params: fc.array(
    field.map((value) => ({ ...value, location: 'data' })),
    { maxLength: 3 },
  ),
  data_format: fc.constantFrom('single_value', 'vec', 'map'),
}
const structV0 = { doc: short, lib: short, name: short, fields: fc.array(field, { maxLength: 3 }) }
const stellarEntry = fc.oneof(
  record(functionV0, ['doc', 'name', 'inputs', 'outputs']).map((function_v0) => ({ function_v0 })),
  record(eventV0, ['doc', 'lib', 'name', 'prefix_topics', 'params', 'data_format']).map((event_v0) => ({ event_v0 })),
  record(structV0, ['doc', 'lib', 'name', 'fields']).map((udt_struct_v0) => ({ udt_struct_v0 })),
)

const solanaType = fc.constantFrom<unknown>(
  'u64',
  { vec: 'u8' },
  { array: [{ option: 'u8' }, 32] },
  { defined: 'T' },
  { tuple: ['u8', { vec: 'bool' }] },
)
const solanaIdl = loose(
  record(
    {
      version: text,
      name: text,
      instructions: fc.array(
        loose(
          record(
            {
              name: text,
              args: fc.array(
                solanaType.map((type) => ({ name: 'a', type })),
                { maxLength: 3 },
              ),
            },
            ['name'],
          ),
        ),
        { maxLength: 2 },
      ),
      errors: fc.array(record({ code: u32, name: text, msg: text }, ['code', 'name']), { maxLength: 2 }),
      metadata: optional(fc.constant({ address: 'x' })),
    },
    ['version', 'name', 'instructions'],
  ),
)

const contractSpec = fc.oneof(
  fc.array(abiItem, { maxLength: 4 }),
  fc.array(stellarEntry, { minLength: 1, maxLength: 4 }),
  solanaIdl,
)

const language = fc.constantFrom(['JavaScript', 'js'], ['Python', 'py'], ['Bash', 'sh'])
const script = fc
  .tuple(language, record({ arguments: optional(fc.array(text, { maxLength: 2 })) }), u32)
  .map(([[name, extension], rest, timeout]) => ({
    ...rest,
    language: name,
    script_path: `a/b.${extension}`,
    timeout_ms: timeout === 0 ? 1 : timeout,
  }))

const condition = record({ signature: text, expression: optional(text) }, ['signature'])
const conditions = fc.array(condition, { maxLength: 2 })
const settings = optional(loose(fc.constant({})))
const monitorFields = {
  name: filled,
  networks: fc.array(text, { minLength: 1, maxLength: 3 }),
  paused: fc.boolean(),
  addresses: fc.array(record({ address: text, contract_spec: optional(contractSpec) }, ['address']), { maxLength: 3 }),
  match_conditions: record(
    {
      functions: conditions,
      events: conditions,
      transactions: fc.array(
        record({ status: fc.constantFrom('Any', 'Success', 'Failure'), expression: optional(text) }, ['status']),
        { maxLength: 2 },
      ),
    },
    ['functions', 'events', 'transactions'],
  ),
  trigger_conditions: fc.array(script, { maxLength: 2 }),
  triggers: fc.array(text, { maxLength: 3 }),
  chain_configurations: fc.array(
    loose(
      record({
        midnight: optional(loose(record({ viewing_keys: fc.array(secret(text), { maxLength: 2 }) }))),
        evm: settings,
        stellar: settings,
        solana: settings,
      }),
    ),
    { maxLength: 2 },
  ),
}
const { chain_configurations: _, ...monitorRequired } = monitorFields
const monitor = record(monitorFields, Object.keys(monitorRequired) as (keyof typeof monitorFields)[])

const duration = fc.oneof(fc.tuple(u64, u32), record({ secs: u64, nanos: u32 }, ['secs', 'nanos']))
const retry = record({
  retry_policy: loose(
    record({
      max_retries: u32,
      base_for_backoff: u32,
      initial_backoff: duration,
      max_backoff: duration,
      jitter: fc.constantFrom('none', 'full'),
    }),
  ),
})
const message = record({ title: filled, body: filled }, ['title', 'body'])
const mailText = fc.constantFrom('plain text', 'two\nlines', 'ü${events.0.args.value}')
const email = fc.constantFrom('a@b', 'Ops <ops@example.org>', '"x y"@[::1]')

const configs = {
  slack: record({ slack_url: secret(fc.constant('https://hooks.slack.com/x')), message }, ['slack_url', 'message']),
  discord: record({ discord_url: secret(fc.constant('https://discord.com/api/webhooks/1')), message }, [
    'discord_url',
    'message',
  ]),
  telegram: record(
    {
      token: secret(fc.constant(`123456789:${'a-_Z0'.repeat(7)}`)),
      chat_id: filled,
      disable_web_preview: optional(fc.boolean()),
      message,
    },
    ['token', 'chat_id', 'message'],
  ),
  webhook: fc.oneof(
    record(
      {
        url: secret(fc.constant('http://x')),
        payload_mode: fc.constant('raw'),
        message: record({ title: text, body: text }, ['title', 'body']),
      },
      ['url', 'payload_mode'],
    ),
    record(
      {
        url: secret(fc.constant('https://x')),
        method: optional(fc.constantFrom('GET', 'post', 'Put', 'DELETE')),
        secret: optional(secret(text)),
        headers: optional(
          fc.dictionary(fc.oneof(extraKey, fc.constantFrom('constructor', 'toString')), text, {
            noNullPrototype: true,
          }),
        ),
        message,
        payload_mode: fc.constant('template'),
      },
      ['url', 'message'],
    ),
  ),
  email: record(
    {
      host: fc.constantFrom('smtp.example.org', '127.0.0.1'),
      port: optional(fc.nat(65_535)),
      username: secret(fc.constant('user')),
      password: secret(filled),
      message: record({ title: mailText, body: mailText }, ['title', 'body']),
      sender: email,
      recipients: fc.array(email, { minLength: 1, maxLength: 3 }),
    },
    ['host', 'username', 'password', 'message', 'sender', 'recipients'],
  ),
}
const trigger = fc.oneof(
  ...Object.entries(configs).map(([trigger_type, config]) =>
    fc
      .tuple(filled, config, retry)
      .map(([name, own, policy]) => ({ name, trigger_type, config: { ...own, ...policy } })),
  ),
  fc.tuple(filled, script).map(([name, config]) => ({ name, trigger_type: 'script', config })),
)

const cases = [
  ['network', network, (value: unknown) => checkNetwork(value), renderNetwork],
  ['monitor', monitor, (value: unknown) => checkMonitor(value), renderMonitor],
  ['trigger', trigger, (value: unknown) => checkTrigger(value), renderTrigger],
] as const

describe.each(cases)('a valid %s', (_, arbitrary, check, render) => {
  it('is accepted, and is the same after rendering, printing, parsing and checking', () => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<Record<string, unknown>>, (config) => {
        const first = check(config)
        expect(first.problems).toEqual([])
        expect(first.value).toStrictEqual(config)
        const rendered = (render as (value: unknown) => unknown)(first.value)
        expect(rendered).toStrictEqual(config)
        const again = check(parseJson(stringifyJson(rendered)))
        expect(again.problems).toEqual([])
        expect(again.value).toStrictEqual(config)
      }),
      { numRuns: 300 },
    )
  })

  it('with one part replaced by anything never makes the check throw or point nowhere', () => {
    const mutated = fc.tuple(arbitrary as fc.Arbitrary<unknown>, fc.nat(), fc.oneof(json, fc.jsonValue()), fc.boolean())
    fc.assert(
      fc.property(mutated, ([config, position, replacement, isRemoved]) => {
        const places: [parent: Record<string, unknown>, key: string][] = []
        collectPlaces(config, places)
        const [parent, key] = places[position % places.length] ?? [{}, 'x']
        if (isRemoved && !Array.isArray(parent)) delete parent[key]
        else parent[key] = replacement
        expectPointersToResolve(check(config), config)
      }),
      { numRuns: 500 },
    )
  })
})

it.each(cases)('checking any JSON as a %s never throws, and every pointer leads somewhere', (_, __, check) => {
  const names = [
    'name',
    'config',
    'url',
    'type',
    'value',
    'rpc_urls',
    'addresses',
    'contract_spec',
    'trigger_type',
    'x/~y',
  ]
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      json,
      fc.oneof(
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('value'), {
          maxKeys: 6,
          noNullPrototype: true,
        }),
      ),
    ),
  }))
  fc.assert(
    fc.property(fc.oneof(value, fc.jsonValue()), (input) => {
      expectPointersToResolve(check(input), input)
    }),
    { numRuns: 1000 },
  )
})

function collectPlaces(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return
  for (const [key, part] of Object.entries(value)) {
    places.push([value as Record<string, unknown>, key])
    collectPlaces(part, places)
  }
}

function expectPointersToResolve(
  checked: ReturnType<typeof checkNetwork | typeof checkTrigger | typeof checkMonitor>,
  root: unknown,
): void {
  expect('value' in checked).toBe(checked.problems.length === 0)
  for (const { pointer, message } of [...checked.problems, ...checked.warnings]) {
    expect(message).not.toBe('')
    const parts = pointer
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    let value = root
    for (const [index, part] of parts.entries()) {
      const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, part)
      // Only what the pointer names last may be missing, and only from something that could hold it.
      if (!isThere)
        expect({ pointer, index, holder: typeof value }).toEqual({ pointer, index: parts.length - 1, holder: 'object' })
      value = isThere ? (value as Record<string, unknown>)[part] : undefined
    }
  }
}
