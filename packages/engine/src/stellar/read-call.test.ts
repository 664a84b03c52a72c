import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../config/json.ts'
import type { StellarType } from '../config/stellar-spec.ts'
import {
  account,
  callOperation,
  contractAddress,
  envelopeOf,
  enumSpec,
  functionSpec,
  invocation,
  map,
  muxedAccount,
  otherAccount,
  structSpec,
  unionSpec,
} from '../testing/stellar-values.ts'
import { callsOf } from './call.ts'
import { compileInterface } from './contract-interface.ts'
import { readCall } from './read-call.ts'
import type { Reading } from './reading.ts'

const types = [
  structSpec('Request', { kind: 'u32', amount: 'i128', who: { option: { value_type: 'address' } } }),
  structSpec('Pair', { 0: 'u32', 1: 'string' }),
  unionSpec('Action', { Stop: [], Move: ['u32'], Swap: ['u32', { udt: { name: 'Request' } }] }),
  enumSpec('Level', { Low: 1, High: 2 }),
]

const request = map({ amount: { i128: '5' }, kind: { u32: 1 }, who: 'void' })

function readAs(type: StellarType, value: JsonValue): Reading[] {
  const contract = compileInterface([functionSpec('f', { p: type }), ...types])
  const [call] = callsOf(envelopeOf(callOperation(invocation(contractAddress, 'f', [value]))), {
    nested: false,
    diagnosticEventsXdr: [],
  })
  return call ? readCall(call, contract) : []
}

function specReading(type: StellarType, value: JsonValue): object | undefined {
  const reading = readAs(type, value).find(({ dialect }) => dialect === 'spec')
  return reading && { signature: reading.signature, ...reading.args[0] }
}

const bytes = { bytes: 'ab0100' }

describe('calls read by their spec', () => {
  it.each<[string, StellarType, JsonValue, object]>([
    [
      'a struct by its fields',
      { udt: { name: 'Request' } },
      request,
      { signature: 'f(Request)', kind: 'Map', value: '{"kind":1,"amount":5,"who":null}' },
    ],
    [
      'a struct without names as a list',
      { udt: { name: 'Pair' } },
      { vec: [{ u32: 1 }, { string: 'x' }] },
      { signature: 'f(Pair)', kind: 'Vec', value: '[1,"x"]' },
    ],
    [
      'a case without values by its name',
      { udt: { name: 'Action' } },
      { vec: [{ symbol: 'Stop' }] },
      { signature: 'f(Action)', kind: 'Symbol', value: 'Stop' },
    ],
    [
      'a case with a value',
      { udt: { name: 'Action' } },
      { vec: [{ symbol: 'Move' }, { u32: 7 }] },
      { kind: 'Map', value: '{"Move":7}' },
    ],
    [
      'a case with values',
      { udt: { name: 'Action' } },
      { vec: [{ symbol: 'Swap' }, { u32: 7 }, request] },
      { value: '{"Swap":[7,{"kind":1,"amount":5,"who":null}]}' },
    ],
    [
      'an enum by the name of its case',
      { udt: { name: 'Level' } },
      { u32: 2 },
      { signature: 'f(Level)', kind: 'Symbol', value: 'High' },
    ],
    ['bytes of any length', 'bytes', bytes, { signature: 'f(Bytes)', kind: 'Bytes', value: 'ab0100' }],
    [
      'bytes of a fixed length as comparable bytes',
      { bytes_n: { n: 3 } },
      bytes,
      { signature: 'f(Bytes3)', kind: 'Bytes', value: 'ab0100' },
    ],
    [
      'an option that holds something',
      { option: { value_type: 'u32' } },
      { u32: 5 },
      { signature: 'f(Option<U32>)', kind: 'U32', value: '5' },
    ],
    [
      'an option that holds nothing',
      { option: { value_type: 'u32' } },
      'void',
      { signature: 'f(Option<U32>)', kind: 'Void', value: '' },
    ],
    [
      'a tuple',
      { tuple: { value_types: ['u32', 'bool'] } },
      { vec: [{ u32: 1 }, { bool: true }] },
      { signature: 'f(Tuple<U32,Bool>)', kind: 'Vec', value: '[1,true]' },
    ],
    [
      'any value by itself',
      'val',
      { vec: [{ i128: '9' }, { string: 'h\\xc3\\xa9' }] },
      { signature: 'f(Val)', kind: 'Vec', value: '[9,"hé"]' },
    ],
    [
      'a map by its keys',
      { map: { key_type: 'address', value_type: 'i128' } },
      { map: [{ key: { address: account }, val: { i128: '-1' } }] },
      { signature: 'f(Map<Address,I128>)', value: `{"${account}":-1}` },
    ],
    [
      'a string as UTF-8',
      'string',
      { string: 'h\\xc3\\xa9llo' },
      { signature: 'f(String)', kind: 'String', value: 'héllo' },
    ],
    [
      'an error of a result',
      { result: { ok_type: 'u32', error_type: 'error' } },
      { error: { contract: 3 } },
      { signature: 'f(Result<U32,Error>)', kind: 'Error', value: 'contract:3' },
    ],
  ])('reads %s', (_what, type, value, expected) => {
    expect(specReading(type, value)).toMatchObject(expected)
  })

  it.each<[string, StellarType, JsonValue]>([
    ['another type', 'u32', { i32: 1 }],
    ['bytes of another length', { bytes_n: { n: 32 } }, bytes],
    ['a case that the enum lacks', { udt: { name: 'Level' } }, { u32: 3 }],
    ['a case that the union lacks', { udt: { name: 'Action' } }, { vec: [{ symbol: 'Fly' }] }],
    ['a case with another number of values', { udt: { name: 'Action' } }, { vec: [{ symbol: 'Move' }] }],
    ['a struct without a field', { udt: { name: 'Request' } }, map({ amount: { i128: '5' }, kind: { u32: 1 } })],
    ['a type that the spec does not define', { udt: { name: 'Unknown' } }, request],
    ['an element of another type', { vec: { element_type: 'u32' } }, { vec: [{ u32: 1 }, { bool: true }] }],
  ])('does not read %s', (_what, type, value) => {
    expect(specReading(type, value)).toBeUndefined()
  })

  it('names a muxed address both ways and shows its account and what was written', () => {
    const readings = readAs('muxed_address', { address: muxedAccount })
    expect(readings.map(({ signature }) => signature)).toEqual(['f(MuxedAddress)', 'f(Address)'])
    expect(readings[1]?.args).toEqual([
      { name: 'p', value: otherAccount, kind: 'Address', indexed: false },
      { name: 'p_muxed', value: muxedAccount, kind: 'Address', indexed: false },
    ])
  })

  it('puts the reading of OZ Monitor first and does not repeat it', () => {
    expect(readAs('u32', { u32: 1 }).map(({ dialect }) => dialect)).toEqual(['oz'])
    expect(readAs({ vec: { element_type: 'i128' } }, { vec: [{ i128: '5' }] }).map(({ dialect }) => dialect)).toEqual([
      'oz',
      'spec',
    ])
  })
})
