import { describe, expect, it } from 'vitest'
import type { StellarType } from '../config/stellar-spec.ts'
import { enumSpec, eventSpec, functionSpec, structSpec, unionSpec } from '../testing/stellar-values.ts'
import { compileInterface, signaturesOf } from './contract-interface.ts'
import { spellType } from './spec-type.ts'
import { tokenSignatures } from './token-event.ts'
import { declareArguments } from './typed-argument.ts'
import { kindOfType } from './typed-value.ts'

const option: StellarType = { option: { value_type: 'u32' } }
const result: StellarType = { result: { ok_type: 'u32', error_type: 'error' } }

describe('spellType', () => {
  it.each<[string, string, StellarType]>([
    ['Bool', 'Bool', 'bool'],
    ['U256', 'U256', 'u256'],
    ['Timepoint', 'Timepoint', 'timepoint'],
    ['Bytes', 'Bytes', 'bytes'],
    ['Void', 'Void', 'void'],
    ['Void', 'Val', 'val'],
    ['Void', 'Error', 'error'],
    ['Void', 'MuxedAddress', 'muxed_address'],
    ['Void', 'Option<U32>', option],
    ['Void', 'Result<U32,Error>', result],
    ['Bytes32', 'Bytes32', { bytes_n: { n: 32 } }],
    ['Bytes32', 'Bytes32', { bytes_n: { n: 32n } }],
    ['Vec<Void>', 'Vec<Option<U32>>', { vec: { element_type: option } }],
    ['Map<Symbol,I128>', 'Map<Symbol,I128>', { map: { key_type: 'symbol', value_type: 'i128' } }],
    ['Tuple<U32,String>', 'Tuple<U32,String>', { tuple: { value_types: ['u32', 'string'] } }],
    ['Tuple<>', 'Tuple<>', { tuple: { value_types: [] } }],
    ['Request', 'Request', { udt: { name: 'Request' } }],
  ])('has %s in OZ Monitor and %s here', (oz, spec, type) => {
    expect([spellType(type, 'oz'), spellType(type, 'spec')]).toEqual([oz, spec])
  })
})

describe('signaturesOf', () => {
  it('names what a condition may be written for', () => {
    const contract = compileInterface([
      functionSpec('transfer', { from: 'address', to: 'muxed_address' }),
      eventSpec({ name: 'Order', prefix: ['order'], data: { qty: 'u32' }, topics: { buyer: 'address' } }),
    ])
    expect(signaturesOf(contract)).toEqual([
      'transfer(Address,Void)',
      'transfer(Address,MuxedAddress)',
      'transfer(Address,Address)',
      'Order(Address,U32)',
      'Order(Address,U32)',
    ])
  })

  it('of tokens are those of their events', () => {
    expect(tokenSignatures()).toContain('transfer(Address,Address,String,I128)')
    expect(tokenSignatures()).toContain('transfer(Address,Address,I128)')
    expect(tokenSignatures()).toContain('set_admin(Address,String,Address)')
  })
})

describe('kindOfType', () => {
  const { types } = compileInterface([
    structSpec('Request', { amount: 'i128' }),
    structSpec('Pair', { 0: 'u32', 1: 'u32' }),
    unionSpec('Action', { Stop: [] }),
    enumSpec('Level', { Low: 1 }),
  ])

  it.each<[StellarType, string | undefined]>([
    ['i128', 'I128'],
    ['val', undefined],
    [option, 'U32'],
    [result, undefined],
    [{ bytes_n: { n: 32 } }, 'Bytes'],
    [{ tuple: { value_types: ['u32'] } }, 'Vec'],
    [{ map: { key_type: 'u32', value_type: 'u32' } }, 'Map'],
    [{ udt: { name: 'Request' } }, 'Map'],
    [{ udt: { name: 'Pair' } }, 'Vec'],
    [{ udt: { name: 'Action' } }, undefined],
    [{ udt: { name: 'Level' } }, 'Symbol'],
    [{ udt: { name: 'Unknown' } }, undefined],
  ])('of %j', (type, kind) => expect(kindOfType(type, types)).toBe(kind))
})

describe('declareArguments', () => {
  it('names muxed addresses both ways', () => {
    const [declared] = compileInterface([functionSpec('f', { to: 'muxed_address', n: 'u64' })]).functions
    expect(declared && declareArguments(declared.inputs, new Map())).toEqual([
      { name: 'to', kind: 'Address' },
      { name: 'to_muxed', kind: 'Address' },
      { name: 'n', kind: 'U64' },
    ])
  })

  it('says nothing when a kind depends on the value', () => {
    const [declared] = compileInterface([functionSpec('f', { n: 'u64', any: 'val' })]).functions
    expect(declared && declareArguments(declared.inputs, new Map())).toBeUndefined()
  })
})
