import { describe, expect, it } from 'vitest'
import { word } from '../testing/abi-sample.ts'
import { hash } from '../testing/evm-chain.ts'
import { AbiDecodeError } from './abi-decoder.ts'
import { type AbiEvent, compileEvent } from './event-decoder.ts'

function event(name: string, inputs: AbiEvent['inputs'], anonymous = false): AbiEvent {
  return { type: 'event', name, inputs, anonymous }
}

describe('compileEvent', () => {
  it('lists arguments as declared, indexed and not, and names unnamed ones with the empty text', () => {
    const decoder = compileEvent(
      event('Staked', [
        { name: 'amount', type: 'uint256', indexed: false },
        { name: 'user', type: 'address', indexed: true },
        { type: 'bool', indexed: true },
        { name: 'note', type: 'string' },
      ]),
    )
    expect(decoder.signature).toBe('Staked(uint256,address,bool,string)')
    const note = word(2n) + '6f6b'.padEnd(64, '0')
    expect(
      decoder.decode({ topics: [decoder.topic0, hash(0xcc), hash(1)], data: `0x${word(2500n)}${word(0x40n)}${note}` }),
    ).toMatchObject([
      { name: 'amount', value: '2500', indexed: false, kind: 'uint256' },
      { name: 'user', value: `0x${'0'.repeat(38)}cc`, indexed: true, kind: 'address' },
      { name: '', value: 'true', indexed: true, kind: 'bool' },
      { name: 'note', value: 'ok', indexed: false, kind: 'string' },
    ])
  })

  it('gives the topic hash for indexed values that do not fit a word, with their declared kind', () => {
    const members = [{ name: 'x', type: 'uint256' }]
    const decoder = compileEvent(
      event('E', [
        { name: 's', type: 'string', indexed: true },
        { name: 'list', type: 'uint256[]', indexed: true },
        { name: 'pair', type: 'tuple', components: members, indexed: true },
      ]),
    )
    const decoded = decoder.decode({ topics: [decoder.topic0, hash(7), hash(8), hash(9)], data: '0xffff' })
    expect(decoded.map(({ value, kind }) => [value, kind])).toEqual([
      [hash(7), 'string'],
      [hash(8), 'uint256[]'],
      [hash(9), 'tuple'],
    ])
  })

  it.each([
    ['too few topics', [hash(1)]],
    ['too many topics', [hash(1), hash(2), hash(3)]],
    ['no topics', []],
  ])('refuses a log with %s', (_case, topics) => {
    const decoder = compileEvent(event('E', [{ name: 'a', type: 'uint256', indexed: true }]))
    expect(() => decoder.decode({ topics, data: '0x' })).toThrow(AbiDecodeError)
  })

  it('never decodes anonymous events, four indexed inputs, or types it does not know', () => {
    const indexed = (type: string) => ({ name: 'a', type, indexed: true })
    const anonymous = compileEvent(event('E', [indexed('uint256')], true))
    expect(() => anonymous.decode({ topics: [anonymous.topic0], data: '0x' })).toThrow('anonymous')
    const four = compileEvent(event('E', ['bool', 'bool', 'bool', 'bool'].map(indexed)))
    expect(() => four.decode({ topics: Array.from({ length: 5 }, () => four.topic0), data: '0x' })).toThrow('topics')
    const unknown = compileEvent(event('E', [{ name: 'a', type: 'Vault.Kind' }]))
    expect(() => unknown.decode({ topics: [unknown.topic0], data: `0x${word(1n)}` })).toThrow('not known')
  })
})
