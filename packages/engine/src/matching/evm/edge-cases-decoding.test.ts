import { describe, expect, it } from 'vitest'
import { matchVariables } from '../../template/match-variables.ts'
import { type Argument, callTo, contract, D1, eventOf, matchesOf } from '../../testing/contract.ts'
import { hash, monitor } from '../../testing/evm-chain.ts'
import { assembleMatch } from '../assemble-match.ts'
import { ozVariables } from '../../testing/oz-variables.ts'

type Called = ReturnType<typeof callTo>
type Logged = ReturnType<typeof eventOf>

function onCall({ abi, signature }: Called, expression: string | null = null) {
  return monitor([{ address: contract, contract_spec: abi }], { functions: [{ signature, expression }] })
}

function onEvent({ abi, signature }: Logged, expression: string | null = null) {
  return monitor([{ address: contract, contract_spec: abi }], { events: [{ signature, expression }] })
}

const callOf = (input: string) => ({ transactions: [{ hash: D1, to: contract, input }] })

/** spec/04 §11, cases 17 and 26 to 34. */
describe('edge cases of decoding', () => {
  it('17: a contract creation has no variable for its recipient', () => {
    const configuration = monitor([contract])
    const { matches } = matchesOf([configuration], { transactions: [{ hash: D1, from: contract, to: null }] })
    const object = assembleMatch({ chain: 'EVM', monitor: configuration, networkSlug: 'testnet', ...matches[0]! })
    expect(Object.keys(ozVariables(matchVariables(object)))).toEqual([
      'monitor.name',
      'transaction.hash',
      'transaction.from',
      'transaction.value',
    ])
  })

  it.each(['string', 'bytes', 'uint256[]', 'uint8[2]'])(
    '26, 27: an indexed %s is its hash, which equals nothing and contains nothing',
    (type) => {
      const event = eventOf('E', [{ name: 'name', type, indexed: true, value: hash(7) }])
      const all = [null, 'name contains 7', 'name == bob', "name == '[7]'"].map((expression) =>
        onEvent(event, expression),
      )
      const { matches } = matchesOf(all, { logs: [event.log] })
      const isText = type === 'string' || type === 'bytes'
      expect(matches.map(({ key }) => key)).toEqual(['m0'])
      expect(matches[0]?.matchedOnArgs.events?.[0]?.args).toEqual([
        { name: 'name', value: hash(7), indexed: true, kind: type },
      ])
      const byHash = matchesOf([onEvent(event, `name == ${hash(7)}`)], { logs: [event.log] })
      expect(byHash.matches).toHaveLength(isText ? 1 : 0)
    },
  )

  it('28: bytes4 is shown as a padded word; otherwise than upstream its own bytes can be compared', () => {
    const called = callTo('setTag', [{ name: 'tag', type: 'bytes4', value: '12345678' }])
    const word = `0x12345678${'0'.repeat(56)}`
    const literals = ['0x12345678', word, "'0X12345678'", '0x1234567800']
    const { matches } = matchesOf(
      literals.map((literal) => onCall(called, `tag == ${literal}`)),
      callOf(called.input),
    )
    expect(matches.map(({ key }) => key)).toEqual(['m0', 'm1', 'm2'])
    expect(matches[0]?.matchedOnArgs.functions?.[0]?.args[0]?.value).toBe(word)
  })

  it('29: an unnamed parameter has the empty name and cannot be named', () => {
    const event = eventOf('E', [{ name: '', type: 'uint256', value: 7n }])
    const all = [null, '0 == 7', ' == 7', 'arg0 == 7'].map((expression) => onEvent(event, expression))
    const { matches } = matchesOf(all, { logs: [event.log] })
    expect(matches.map(({ key }) => key)).toEqual(['m0'])
    expect(matches[0]?.matchedOnArgs.events?.[0]?.args[0]).toMatchObject({ name: '', value: '7' })
  })

  it('30: a log with one topic more than the ABI has indexed inputs is ignored', () => {
    const event = eventOf('Transfer', [
      { name: 'from', type: 'address', indexed: true, value: hash(1) },
      { name: 'value', type: 'uint256', value: 1n },
    ])
    const indexed = { ...event.log, topics: [...event.log.topics, hash(1)], data: '0x' }
    expect(matchesOf([onEvent(event)], { logs: [indexed] }).matches).toEqual([])
    expect(matchesOf([onEvent(event)], { logs: [indexed, event.log] }).matches).toHaveLength(1)
  })

  const called = callTo('transfer', [
    { name: 'to', type: 'address', value: 'aa'.repeat(20) },
    { name: 'value', type: 'uint256', value: 5n },
  ])

  it.each(['00', 'ff'.repeat(33)])('31: calldata followed by %s matches', (rest) => {
    expect(matchesOf([onCall(called, 'value == 5')], callOf(called.input + rest)).matches).toHaveLength(1)
  })

  it.each([10, 12, 74, 136])('32: calldata cut to %i digits is no match', (length) => {
    expect(matchesOf([onCall(called)], callOf(called.input.slice(0, length)))).toMatchObject({
      matches: [],
      failures: [],
    })
  })

  it('33: a call without parameters has no arguments', () => {
    const increment = callTo('increment', [])
    expect(increment.input).toBe('0xd09de08a')
    const { matches } = matchesOf([onCall(increment)], callOf(increment.input))
    expect(matches[0]?.matchedOnArgs.functions).toEqual([
      { signature: 'increment()', args: [], hex_signature: 'd09de08a' },
    ])
  })

  it('34: a struct is a tuple with its texts quoted, and its signature is expanded', () => {
    const inner = [
      { name: 'title', type: 'string' },
      { name: 'pages', type: 'uint256' },
    ]
    const components = [
      { name: 'ok', type: 'bool' },
      { name: 'title', type: 'string' },
      { name: 'pages', type: 'uint256' },
      { name: 'owner', type: 'address' },
      { name: 'tags', type: 'string[]' },
      { name: 'next', type: 'tuple', components: inner },
    ]
    const value = [true, 'T', 123n, 'aa'.repeat(20), ['a'], ['b', 1n]]
    const struct = callTo('store', [{ name: 'book', type: 'tuple', components, value }])
    expect(struct.signature).toBe('store((bool,string,uint256,address,string[],(string,uint256)))')
    const { matches } = matchesOf(
      [onCall(struct, "book.next.title == b AND book[4] contains 'A'")],
      callOf(struct.input),
    )
    expect(matches[0]?.matchedOnArgs.functions?.[0]?.args).toEqual([
      { name: 'book', value: `(true,"T",123,"0x${'aa'.repeat(20)}",["a"],("b",1))`, indexed: false, kind: 'tuple' },
    ])
  })
})

const pair = [
  { name: 'id', type: 'uint24' },
  { name: 'tag', type: 'bytes4' },
]
type Row = [type: string, value: Argument['value'], isTrue: string, isFalse: string]

/** Kinds that OZ Monitor refuses in every comparison (spec/03 §6). */
describe('types that the original cannot match', () => {
  it.each<Row>([
    ['uint24', 5n, 'v >= 5', 'v > 5'],
    ['uint40', 5n, 'v == 0x5', 'v == 6'],
    ['uint96', 2n ** 96n - 1n, 'v == 79228162514264337593543950335', 'v < 1'],
    ['uint160', 5n, "v != '6'", 'v != 5'],
    ['int24', -5n, 'v < -4', 'v >= 0'],
    ['int56', -5n, 'v == -0x5', 'v == 5'],
    ['bytes1', 'ab', 'v == 0xAB', 'v == 0xac'],
    ['bytes4', '12345678', 'v starts_with 0x1234', 'v ends_with 00'],
    ['bytes31', 'ab'.repeat(31), `v == 0x${'ab'.repeat(31)}`, 'v == 0xab'],
    ['function', 'ab'.repeat(24), `v == 0x${'AB'.repeat(24)}`, 'v == 0xab'],
    ['uint256[2]', [1n, 2n], 'v contains 2', 'v contains 3'],
    [
      'address[2]',
      ['aa'.repeat(20), 'bb'.repeat(20)],
      `v contains 0x${'BB'.repeat(20)}`,
      `v contains 0x${'cc'.repeat(20)}`,
    ],
    ['uint256[][]', [[1n, 2n], [3n]], 'v contains 3', 'v contains 4'],
    ['uint256[][2]', [[1n], [2n]], "v == '[[1],[2]]'", "v == '[[2],[1]]'"],
    ['uint24[]', [1n, 2n], 'v contains 1', 'v[0] == 2'],
    ['bytes4[]', ['12345678'], 'v contains 0x12345678', 'v contains 0x87654321'],
    ['string[]', ['a"x', 'b'], 'v contains b', 'v contains c'],
    [
      'tuple[]',
      [
        [1n, '12345678'],
        [2n, '87654321'],
      ],
      'v[1].id == 2',
      'v[0].tag == 0x87654321',
    ],
    ['tuple', [1n, '12345678'], 'v.id == 1 AND v[1] == 0x12345678', 'v.id == 2'],
  ])('%s matches in conditions on calls and events, and only when it is true', (type, value, isTrue, isFalse) => {
    const args = [{ name: 'v', type, value, ...(type.startsWith('tuple') ? { components: pair } : {}) }]
    const [called, event] = [callTo('f', args), eventOf('E', args)]
    const monitors = [onCall(called, isTrue), onCall(called, isFalse), onEvent(event, isTrue), onEvent(event, isFalse)]
    const { matches, failures } = matchesOf(monitors, { ...callOf(called.input), logs: [event.log] })
    expect([failures, matches.map(({ key }) => key)]).toEqual([[], ['m0', 'm2']])
  })
})
