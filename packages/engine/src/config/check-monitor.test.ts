import { describe, expect, it } from 'vitest'
import { processorMs } from '../testing/processor-time.ts'
import { checkMonitor } from './check-monitor.ts'
import { JsonNumber, parseJson } from './json.ts'

const monitor = {
  name: 'Vault withdrawals',
  networks: ['acme_testnet'],
  paused: false,
  addresses: [{ address: '0x00000000000000000000000000000000000000aa' }],
  match_conditions: { functions: [], events: [{ signature: 'Withdrawn(address,uint256)' }], transactions: [] },
  trigger_conditions: [],
  triggers: ['ops_slack'],
}

function spec(contract_spec: unknown) {
  return { ...monitor, addresses: [{ address: '0xaa', contract_spec }] }
}

function conditions(change: object) {
  return { ...monitor, match_conditions: { ...monitor.match_conditions, ...change } }
}

function script(change: object) {
  return { ...monitor, trigger_conditions: [{ script_path: 'x.sh', language: 'Bash', timeout_ms: 1, ...change }] }
}

function without(key: string) {
  return Object.fromEntries(Object.entries(monitor).filter(([name]) => name !== key))
}

function found(value: unknown, kind: 'problems' | 'warnings' = 'problems'): string[] {
  return checkMonitor(value)[kind].map(({ pointer, code }) => `${pointer} ${code}`)
}

const at = '/addresses/0/contract_spec'
const transfer = {
  type: 'function',
  name: 'transfer',
  inputs: [{ type: 'address', name: 'to' }],
  outputs: [],
  extra: 1,
}
const tuple = { type: 'tuple[]', components: [{ type: 'tuple', name: 'a', components: [{ type: 'uint8' }] }] }
const event = { type: 'event', name: 'E', inputs: [{ type: 'uint256', indexed: true }], anonymous: false }
const lock = {
  function_v0: {
    doc: '',
    name: 'lock',
    inputs: [
      {
        doc: '',
        name: 'parts',
        type_: { vec: { element_type: { map: { key_type: 'u32', value_type: { udt: { name: 'P' } } } } } },
      },
    ],
    outputs: ['void'],
  },
}
const locked = {
  event_v0: {
    doc: '',
    lib: '',
    name: 'Locked',
    prefix_topics: ['locked'],
    params: [{ doc: '', name: 'owner', type_: 'address', location: 'topic_list' }],
    data_format: 'map',
  },
}
const idl = {
  version: '0.1.0',
  name: 'vault',
  instructions: [
    { name: 'lock', accounts: [{ name: 'a', isMut: true }], args: [{ name: 'x', type: { array: ['u8', 32] } }] },
  ],
  types: [{ name: 'T', type: { kind: 'struct', fields: [] } }],
  events: [{ name: 'E', fields: [{ name: 'x', type: { defined: 'T' }, index: false }] }],
  errors: [{ code: 6000, name: 'X', msg: 'x' }],
  metadata: null,
}

type Refused = readonly [what: string, value: unknown, expected: readonly string[]]

describe('checkMonitor', () => {
  it.each([
    ['a minimal monitor without chain_configurations (22)', monitor],
    ['no triggers and no addresses (23)', { ...monitor, triggers: [], addresses: [] }],
    ['Success (24)', conditions({ transactions: [{ status: 'Success', expression: null }] })],
    ['a broken expression (25)', conditions({ functions: [{ signature: 'f()', expression: '(((' }] })],
    ['a signature without parentheses (26)', conditions({ events: [{ signature: 'Transfer' }] })],
    ['an empty contract spec (28)', spec([])],
    ['null for the contract spec (28)', spec(null)],
    [
      'an ABI',
      spec([
        transfer,
        event,
        { type: 'error', name: 'X', inputs: [tuple] },
        { type: 'constructor', inputs: [] },
        { type: 'fallback' },
        { type: 'receive', stateMutability: 'payable' },
      ]),
    ],
    ['a legacy ABI', spec([{ ...transfer, constant: true, payable: false }])],
    [
      'Stellar entries',
      spec([
        lock,
        locked,
        { udt_enum_v0: { doc: '', lib: '', name: 'E', cases: [{ doc: '', name: 'A', value: 0 }] } },
        {
          udt_union_v0: {
            doc: '',
            lib: '',
            name: 'U',
            cases: [{ void_v0: { doc: '', name: 'V' } }, { tuple_v0: { doc: '', name: 'T', type_: ['i128'] } }],
          },
        },
      ]),
    ],
    ['a Solana IDL', spec(idl)],
    [
      'an unknown key in chain_configurations (31)',
      {
        ...monitor,
        chain_configurations: [
          { future: 1, evm: { x: 1 }, midnight: { viewing_keys: [{ type: 'plain', value: 'k' }] } },
        ],
      },
    ],
    ['null for chain settings', { ...monitor, chain_configurations: [{ midnight: null, evm: null }, {}] }],
    ['a script', script({ arguments: ['-v'] })],
  ])('accepts %s', (_, value) => {
    const checked = checkMonitor(value)
    expect(checked.problems).toEqual([])
    expect(checked.value).toEqual(value)
  })

  it.each<Refused>([
    ...['paused', 'trigger_conditions', 'triggers', 'addresses', 'match_conditions', 'name', 'networks'].map(
      (key) => [`a missing ${key} (22)`, without(key), [`/${key} required`]] as const,
    ),
    [
      'missing condition lists (22)',
      { ...monitor, match_conditions: {} },
      ['functions', 'events', 'transactions'].map((kind) => `/match_conditions/${kind} required`),
    ],
    ['no networks (23)', { ...monitor, networks: [] }, ['/networks too_short']],
    [
      'success (24)',
      conditions({ transactions: [{ status: 'success' }] }),
      ['/match_conditions/transactions/0/status invalid_value'],
    ],
    [
      'an object without instructions (28)',
      spec({}),
      [`${at}/version required`, `${at}/name required`, `${at}/instructions required`],
    ],
    [
      'an ABI artefact (28)',
      spec({ abi: [] }),
      [`${at}/version required`, `${at}/name required`, `${at}/instructions required`],
    ],
    [
      'a function without outputs (28)',
      spec([{ type: 'function', name: 'f', inputs: [] }]),
      [`${at}/0/outputs required`],
    ],
    [
      'an event without anonymous (28)',
      spec([transfer, { type: 'event', name: 'E', inputs: [] }]),
      [`${at}/1/anonymous required`],
    ],
    ['a human-readable ABI', spec(['function f()']), [`${at}/0 invalid_type`]],
    ['an unknown kind of item', spec([{ type: 'modifier' }]), [`${at}/0/type invalid_value`]],
    ['an item without type', spec([{ name: 'x' }]), [`${at}/0/type required`]],
    [
      'two constructors',
      spec([
        { type: 'constructor', inputs: [] },
        { type: 'constructor', inputs: [] },
      ]),
      [`${at}/1 duplicate`],
    ],
    [
      'a bad parameter type',
      spec([{ ...transfer, inputs: [{ type: 'uint256[' }] }]),
      [`${at}/0/inputs/0/type invalid_value`],
    ],
    [
      'a bad parameter deep inside',
      spec([{ ...transfer, inputs: [{ type: 'tuple', components: [{ type: 'u 8', name: '1' }] }] }]),
      [`${at}/0/inputs/0/components/0/name invalid_format`, `${at}/0/inputs/0/components/0/type invalid_value`],
    ],
    [
      'components of no tuple',
      spec([{ ...transfer, inputs: [{ ...tuple, type: 'uint8' }] }]),
      [`${at}/0/inputs/0/type invalid_value`],
    ],
    [
      'indexed outside of an event',
      spec([{ ...transfer, inputs: [{ type: 'uint8', indexed: false }] }]),
      [`${at}/0/inputs/0/indexed unknown_field`],
    ],
    ['constant and payable', spec([{ ...transfer, constant: true, payable: true }]), [`${at}/0/payable invalid_value`]],
    [
      'a Stellar entry with a wrong type',
      spec([locked, { function_v0: { ...lock.function_v0, outputs: ['int'] } }]),
      [`${at}/1/function_v0/outputs/0 invalid_shape`],
    ],
    [
      'a Stellar type with a wrong inner type',
      spec([{ function_v0: { ...lock.function_v0, outputs: [{ vec: { element_type: { option: {} } } }] } }]),
      [`${at}/0/function_v0/outputs/0/vec/element_type/option/value_type required`],
    ],
    [
      'a Stellar type of two kinds',
      spec([{ function_v0: { ...lock.function_v0, outputs: [{ vec: { element_type: 'u32' }, udt: { name: 'P' } }] } }]),
      [`${at}/0/function_v0/outputs/0 invalid_shape`],
    ],
    ['a Stellar entry beside something else', spec([lock, locked, 1]), [`${at}/2 invalid_type`]],
    [
      'a Stellar name that is too long',
      spec([{ function_v0: { ...lock.function_v0, name: 'n'.repeat(33) } }]),
      [`${at}/0/function_v0/name too_long`],
    ],
    [
      'a newer Anchor IDL',
      spec({ ...idl, instructions: [{ name: 'x', args: [{ name: 'a', type: { defined: { name: 'T' } } }] }] }),
      [`${at}/instructions/0/args/0/type/defined invalid_type`],
    ],
    ['a contract spec that is text', spec('[]'), [`${at} invalid_shape`]],
    ['a lower-case language (30)', script({ language: 'bash' }), ['/trigger_conditions/0/language invalid_value']],
    ['arguments as one string (30)', script({ arguments: '--v' }), ['/trigger_conditions/0/arguments invalid_type']],
    [
      'a timeout of 0 and the wrong extension (30)',
      script({ timeout_ms: 0, script_path: 'x.PY' }),
      ['/trigger_conditions/0/script_path invalid_value', '/trigger_conditions/0/timeout_ms out_of_range'],
    ],
    [
      'null for chain_configurations',
      { ...monitor, chain_configurations: null },
      ['/chain_configurations invalid_type'],
    ],
    [
      'decimals for objects',
      { ...monitor, chain_configurations: [new JsonNumber('1.0'), { evm: new JsonNumber('1.0') }] },
      ['/chain_configurations/0 invalid_type', '/chain_configurations/1/evm invalid_type'],
    ],
    [
      'a bad viewing key',
      { ...monitor, chain_configurations: [{ midnight: { viewing_keys: ['k'] } }] },
      ['/chain_configurations/0/midnight/viewing_keys/0 invalid_type'],
    ],
    [
      'an unknown field in an address',
      { ...monitor, addresses: [{ address: 'x', abi: [] }] },
      ['/addresses/0/abi unknown_field'],
    ],
  ])('refuses %s', (_, value, expected) => {
    expect(found(value)).toEqual(expected)
    expect(checkMonitor(value)).not.toHaveProperty('value')
  })

  it('warns when nothing on EVM can match', () => {
    expect(found({ ...monitor, addresses: [] }, 'warnings')).toEqual(['/addresses no_addresses'])
    expect(found({ ...monitor, name: '\u2003' }, 'warnings')).toEqual(['/name blank_name'])
    expect(found(monitor, 'warnings')).toEqual([])
  })

  it('refuses nesting beyond 128 levels without following it', () => {
    let deep: unknown = 'uint8'
    for (let level = 0; level < 100_000; level += 1) deep = { vec: { element_type: deep } }
    const value = spec([{ function_v0: { ...lock.function_v0, outputs: [deep] } }])
    const { problems } = checkMonitor(value)
    expect(problems.map(({ code }) => code)).toEqual(['too_deep'])
  })

  it.each([
    ['a large ABI', spec(Array.from({ length: 8000 }, (_, index) => ({ ...transfer, name: `transfer${index}` })))],
    ['a large ABI with a fault in each item', spec(Array.from({ length: 8000 }, () => ({ ...transfer, outputs: 1 })))],
    ['many Stellar entries', spec(Array.from({ length: 4000 }, () => lock))],
    ['many addresses', { ...monitor, addresses: Array.from({ length: 20_000 }, () => monitor.addresses[0]) }],
    ['many numbers for addresses', { ...monitor, addresses: Array.from({ length: 500_000 }, () => 1) }],
    ['many numbers for ABI items', spec(Array.from({ length: 500_000 }, () => 1))],
    [
      'many unknown fields',
      { ...monitor, ...Object.fromEntries(Array.from({ length: 60_000 }, (_, key) => [`field${key}`, 1])) },
    ],
  ])('judges a megabyte of %s in well under a second', (_, value) => {
    const parsed = parseJson(JSON.stringify(value))
    // The best of several: the machine may be busy, and the first run is not compiled yet.
    const durations = [1, 2, 3].map(() => {
      const startedAt = processorMs()
      checkMonitor(parsed)
      return processorMs() - startedAt
    })
    expect(Math.min(...durations)).toBeLessThan(2_000)
  })
})
