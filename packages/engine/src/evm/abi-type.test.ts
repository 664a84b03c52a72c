import { describe, expect, it } from 'vitest'
import { canonicalType, parseAbiType } from './abi-type.ts'
import { keccak256 } from './keccak.ts'

describe('canonicalType', () => {
  it('expands tuples, nested and in arrays, and keeps anything else as written', () => {
    const inner = { type: 'tuple', components: [{ type: 'string' }, { type: 'uint256' }] }
    const outer = { type: 'tuple[][2]', components: [{ type: 'bool' }, inner] }
    expect(canonicalType(outer)).toBe('(bool,(string,uint256))[][2]')
    expect(canonicalType({ type: 'uint' })).toBe('uint')
  })
})

describe('keccak256', () => {
  it('gives the well-known topic of an ERC-20 transfer', () => {
    expect(keccak256('Transfer(address,address,uint256)')).toBe(
      '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
    )
  })
})

describe('parseAbiType', () => {
  it.each([
    ['uint256', { name: 'uint256', kind: 'uint', isDynamic: false, headWords: 1 }],
    ['uint', { name: 'uint', kind: 'uint', isDynamic: false, headWords: 1 }],
    ['bytes32', { name: 'bytes32', kind: 'fixedBytes', isDynamic: false, headWords: 1 }],
    ['bytes', { name: 'bytes', kind: 'bytes', isDynamic: true, headWords: 1 }],
  ])('knows %s', (type, expected) => {
    expect(parseAbiType({ type })).toEqual(expected)
  })

  it('reads arrays from the inside out', () => {
    expect(parseAbiType({ type: 'bool[3][]' })).toMatchObject({
      kind: 'array',
      element: { kind: 'fixedArray', length: 3, headWords: 3, element: { kind: 'bool' } },
    })
  })

  it('reads a tuple written with parentheses like one with components', () => {
    const components = [{ type: 'uint8' }, { type: 'tuple[2]', components: [{ type: 'string' }] }]
    expect(parseAbiType({ type: '(uint8,(string)[2])[]' })).toEqual(parseAbiType({ type: 'tuple[]', components }))
    expect(parseAbiType({ type: 'tuple(uint8,(string)[2])[]' })).toEqual(parseAbiType({ type: 'tuple[]', components }))
  })

  it.each([
    'fixed128x18',
    'Vault.Position',
    'uint7',
    'uint264',
    'int0',
    'bytes0',
    'bytes33',
    'tuple',
    'bool[0]',
    'bool[',
    '(bool',
    '(bool))',
    '(bool,)',
    '',
    'address payable',
  ])('does not know %j', (type) => {
    expect(parseAbiType({ type })).toBeUndefined()
  })

  it('refuses endless nesting instead of exhausting the stack', () => {
    expect(parseAbiType({ type: `bool${'[]'.repeat(200_000)}` })).toBeUndefined()
    expect(parseAbiType({ type: `${'('.repeat(200_000)}bool${')'.repeat(200_000)}` })).toBeUndefined()
  })
})
