import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StellarSpec } from '../config/stellar-spec.ts'
import { enumSpec, structSpec, unionSpec } from '../testing/stellar-values.ts'
import { stellarVectors as vectors } from '../testing/stellar-vectors.ts'
import { isUpstreamMissing } from '../testing/upstream-fixture.ts'
import { upstreamSpec } from '../testing/upstream-stellar-xdr.ts'
import { readContractSpec } from './contract-spec-reader.ts'
import { encodeXdr } from './xdr.ts'
import { XdrError } from './xdr-error.ts'

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

function section(id: number, content: Iterable<number>): number[] {
  const bytes = [...content]
  return [id, ...leb128(bytes.length), ...bytes]
}

function custom(name: string, content: Iterable<number>): number[] {
  return section(0, [...leb128(name.length), ...Buffer.from(name), ...content])
}

function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(Math.floor(value / 0x80))]
}

function wasm(...sections: number[][]): Uint8Array {
  return new Uint8Array([...header, ...sections.flat()])
}

function entriesOf(spec: StellarSpec): Buffer {
  return Buffer.concat(
    spec.map((entry) => Buffer.from(encodeXdr('ScSpecEntry', JSON.parse(JSON.stringify(entry))), 'base64')),
  )
}

const spec = [
  ...vectors.function_spec,
  ...vectors.event_spec,
  structSpec('Request', { amount: 'i128', who: { option: { value_type: 'muxed_address' } } }),
  unionSpec('Action', { Stop: [], Move: ['u32', { result: { ok_type: 'val', error_type: 'error' } }] }),
  enumSpec('Level', { Low: 1 }),
]

describe('readContractSpec', () => {
  it('reads the spec of a module in the form of the configuration', () => {
    const module = wasm(
      section(1, [0]),
      custom('other', [1, 2]),
      custom('contractspecv0', entriesOf(spec)),
      section(3, [0]),
    )
    expect(readContractSpec(module)).toEqual(spec)
  })

  it('takes the first of two sections', () => {
    const first = custom('contractspecv0', entriesOf(vectors.event_spec))
    expect(readContractSpec(wasm(first, custom('contractspecv0', [1])))).toEqual(vectors.event_spec)
  })

  it.skipIf(isUpstreamMissing)('reads what OZ Monitor has as configuration', () => {
    for (const name of ['contract_spec', 'contract_spec_with_events'] as const) {
      const expected = upstreamSpec(name)
      expect(readContractSpec(wasm(custom('contractspecv0', entriesOf(expected))))).toEqual(expected)
    }
  })

  it.each([
    ['a module without it', wasm(section(1, [0]))],
    ['no module', new Uint8Array([1, 2, 3])],
    ['nothing', new Uint8Array()],
    ['a section longer than the module', new Uint8Array([...header, 0, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a number that does not end', new Uint8Array([...header, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a name longer than its section', new Uint8Array([...header, 0, 1, 9])],
  ])('finds none in %s', (_what, module) => expect(readContractSpec(module)).toBeNull())

  it('says when the spec cannot be read', () => {
    expect(() => readContractSpec(wasm(custom('contractspecv0', [1, 2, 3])))).toThrow(XdrError)
  })

  it('ends in null, a spec or XdrError for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, inSection) => {
        const module = inSection ? wasm(custom('contractspecv0', bytes)) : new Uint8Array([...header, ...bytes])
        try {
          readContractSpec(module)
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError)
        }
      }),
      { numRuns: 100 },
    )
  })
})
