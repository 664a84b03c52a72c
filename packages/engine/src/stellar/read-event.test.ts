import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../config/json.ts'
import type { StellarSpec } from '../config/stellar-spec.ts'
import { account, eventOf, eventSpec, map, otherAccount, scValue, structSpec, usdc } from '../testing/stellar-values.ts'
import { stellarVectors as vectors } from '../testing/stellar-vectors.ts'
import { compileInterface } from './contract-interface.ts'
import { decodeEvent } from './decode-event.ts'
import { readEvent } from './read-event.ts'
import type { Reading } from './reading.ts'

function text({ signature, args }: Reading): string {
  return `${signature} ${args.map(({ name, value }) => `${name}=${value}`).join(' ')}`
}

function read(dialect: Reading['dialect'], spec: StellarSpec | undefined, event: ReturnType<typeof eventOf>): string[] {
  const readings = readEvent(event, spec && compileInterface(spec))
  return readings.filter((reading) => reading.dialect === dialect).map(text)
}

function vector(id: string) {
  const row = vectors.events.find((candidate) => candidate.id === id)
  if (!row) throw new Error(`no vector ${id}`)
  return decodeEvent({ topics: row.topic, value: row.value ?? undefined })
}

const from = { address: account }
const to = { address: otherAccount }

describe('events read by their spec (SEP-48)', () => {
  it.each([
    ['E09', ['Listed(Vec<String>) items=["a","b"]']],
    ['E10', ['Ping() ']],
    ['E11', ['PingMap() ']],
    ['E12', [`Order(Address,U32,I128) buyer=${account} qty=3 price=9`]],
    ['E06', []],
  ])('%s: by format and place, not by position', (id, expected) => {
    expect(read('spec', vectors.event_spec, vector(id))).toEqual(expected)
  })

  it('takes the first topic for a parameter when the prefix list is empty', () => {
    const spec = [
      eventSpec({ name: 'Bare', prefix: [], topics: { who: 'symbol' }, data: { n: 'u32' }, format: 'single_value' }),
    ]
    expect(read('spec', spec, eventOf([{ symbol: 'any' }], { u32: 1 }))).toEqual(['Bare(Symbol,U32) who=any n=1'])
  })

  it('tells events with one prefix apart by their types', () => {
    const spec = [
      eventSpec({ name: 'Small', prefix: ['set'], data: { value: 'u32' }, format: 'single_value' }),
      eventSpec({ name: 'Large', prefix: ['set'], data: { value: 'i128' }, format: 'single_value' }),
    ]
    expect(read('spec', spec, eventOf([{ symbol: 'set' }], { i128: '7' }))).toEqual(['Large(I128) value=7'])
  })

  it('expands types of the user, and lets a map lack options and have more than the spec names', () => {
    const spec = [
      eventSpec({
        name: 'Filled',
        prefix: ['filled'],
        data: { order: { udt: { name: 'Order' } }, note: { option: { value_type: 'string' } } },
      }),
      structSpec('Order', { price: 'i128', size: 'u64' }),
    ]
    const order = map({ price: { i128: '1' }, size: { u64: '2' } })
    expect(read('spec', spec, eventOf([{ symbol: 'filled' }], map({ extra: { u32: 1 }, order })))).toEqual([
      'Filled(Order,Option<String>) order={"price":1,"size":2} note=',
    ])
  })
})

describe('events of tokens without a spec', () => {
  const asset = { string: usdc }
  const amount = { i128: '5' }
  const muxed = map({ amount, to_muxed_id: { u64: '42' } })

  it.each<[string, JsonValue[], JsonValue, string]>([
    [
      'a transfer of a token',
      [{ symbol: 'transfer' }, from, to],
      amount,
      `transfer(Address,Address,I128) from=${account} to=${otherAccount} amount=5`,
    ],
    [
      'a transfer of an asset',
      [{ symbol: 'transfer' }, from, to, asset],
      amount,
      `transfer(Address,Address,String,I128) from=${account} to=${otherAccount} asset=${usdc} amount=5`,
    ],
    [
      'a transfer to a muxed account',
      [{ symbol: 'transfer' }, from, to, asset],
      muxed,
      `transfer(Address,Address,String,I128) from=${account} to=${otherAccount} asset=${usdc} amount=5 to_muxed_id=42`,
    ],
    [
      'a mint',
      [{ symbol: 'mint' }, to, asset],
      amount,
      `mint(Address,String,I128) to=${otherAccount} asset=${usdc} amount=5`,
    ],
    [
      'a mint before protocol 23',
      [{ symbol: 'mint' }, from, to, asset],
      amount,
      `mint(Address,String,I128) to=${otherAccount} asset=${usdc} amount=5 admin=${account}`,
    ],
    [
      'a clawback before protocol 23',
      [{ symbol: 'clawback' }, from, to, asset],
      amount,
      `clawback(Address,String,I128) from=${otherAccount} asset=${usdc} amount=5 admin=${account}`,
    ],
    [
      'a burn',
      [{ symbol: 'burn' }, from, asset],
      amount,
      `burn(Address,String,I128) from=${account} asset=${usdc} amount=5`,
    ],
    [
      'an approval',
      [{ symbol: 'approve' }, from, to],
      { vec: [amount, { u32: 9 }] },
      `approve(Address,Address,I128,U32) from=${account} spender=${otherAccount} amount=5 live_until_ledger=9`,
    ],
    [
      'a new admin',
      [{ symbol: 'set_admin' }, from, asset],
      to,
      `set_admin(Address,String,Address) admin=${account} asset=${usdc} new_admin=${otherAccount}`,
    ],
    [
      'an authorisation',
      [{ symbol: 'set_authorized' }, to, asset],
      { bool: true },
      `set_authorized(Address,String,Bool) id=${otherAccount} asset=${usdc} authorize=true`,
    ],
    ['a fee', [{ symbol: 'fee' }, from], { i128: '-3' }, `fee(Address,I128) from=${account} amount=-3`],
  ])('names the parts of %s', (_what, topics, data, expected) => {
    expect(read('token', undefined, eventOf(topics, data))).toEqual([expected])
  })

  it.each<[string, JsonValue[], JsonValue]>([
    ['another name', [{ symbol: 'moved' }, from, to], amount],
    ['a name that is a string', [{ string: 'transfer' }, from, to], amount],
    ['too few addresses', [{ symbol: 'transfer' }, from], amount],
    ['an amount of another type', [{ symbol: 'transfer' }, from, to], { u64: '5' }],
    ['a map without amount', [{ symbol: 'transfer' }, from, to], map({ value: amount })],
  ])('does not take for a token event one with %s', (_what, topics, data) => {
    expect(read('token', undefined, eventOf(topics, data))).toEqual([])
  })
})

describe('decodeEvent', () => {
  it('reports what cannot be decoded and reads the rest', () => {
    const event = decodeEvent({ topics: [scValue({ symbol: 'x' }), 'AAA'], value: scValue('void') })
    expect(event.problem?.message).toBe('The XDR is not base64.')
    expect(event.topics).toEqual([{ type: 'Symbol', text: 'x' }, undefined])
  })

  it('has no problem with an event without topics or data', () => {
    expect(decodeEvent({ topics: undefined, value: undefined })).toEqual({
      ozNames: [],
      topics: undefined,
      data: 'absent',
      problem: undefined,
    })
  })
})
