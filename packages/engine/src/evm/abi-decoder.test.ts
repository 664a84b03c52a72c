import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { processorMs } from '../testing/processor-time.ts'
import { encodeSequence, parameterOf, samples, textOf, word } from '../testing/abi-sample.ts'
import { AbiDecodeError, decodeArguments as decode } from './abi-decoder.ts'
import { type AbiType, parseAbiType } from './abi-type.ts'
import { formatValue } from './format-value.ts'

const decodeArguments = (ofTypes: AbiType[], data: string): string[] => decode(ofTypes, data).map(formatValue)
const types = (...texts: string[]): AbiType[] => texts.map((type) => parseAbiType({ type })!)
const words = (...values: (bigint | number)[]): string => `0x${values.map((value) => word(BigInt(value))).join('')}`
const text = (value: string): string => Buffer.from(value, 'utf8').toString('hex').padEnd(64, '0')

describe('decodeArguments', () => {
  it('prints what an independent encoder encoded, for every type, with or without bytes after it', () => {
    fc.assert(
      fc.property(samples, fc.uint8Array({ maxLength: 40 }), ({ shapes, values }, rest) => {
        const parsed = shapes.map((shape) => parseAbiType(parameterOf(shape))!)
        const data = `0x${encodeSequence(shapes, values)}${Buffer.from(rest).toString('hex')}`
        expect(decodeArguments(parsed, data)).toEqual(shapes.map((shape, index) => textOf(shape, values[index]!)))
      }),
      { numRuns: 500 },
    )
  })

  it('prints a struct with its texts quoted but not escaped', () => {
    const struct = types('(bool,string,uint256,address,string[],(string,uint256))')
    const data = words(0x20, 1, 0xc0, 123, 0xaa, 0x100, 0x1a0) + words(1).slice(2) + text('T')
    const list = words(1, 0x20, 4).slice(2) + text('b"lu')
    const inner = words(0x40, 1, 1).slice(2) + text('b')
    expect(decodeArguments(struct, data + list + words(0).slice(2) + inner)).toEqual([
      `(true,"T",123,"0x${'0'.repeat(38)}aa",["b"lu"],("b",1))`,
    ])
  })

  it('is lenient: dirty address bytes, any non-zero bool, full-width integers and fixed bytes', () => {
    const dirty = `0x${'ff'.repeat(32)}`
    const max = (2n ** 256n - 1n).toString()
    expect(decodeArguments(types('address'), dirty)).toEqual([`0x${'ff'.repeat(20)}`])
    expect(decodeArguments(types('bool'), dirty)).toEqual(['true'])
    expect(decodeArguments(types('uint8'), dirty)).toEqual([max])
    expect(decodeArguments(types('int8'), dirty)).toEqual(['-1'])
    expect(decodeArguments(types('bytes4'), dirty)).toEqual([dirty])
    expect(decodeArguments(types('function'), dirty)).toEqual([`0x${'ff'.repeat(24)}`])
  })

  it('replaces invalid UTF-8 and keeps a byte order mark', () => {
    const data = `${words(0x20, 5)}${'efbbbf41ff'.padEnd(64, '0')}`
    expect(decodeArguments(types('string'), data)).toEqual(['\uFEFFA\uFFFD'])
  })

  it('accepts any data when there is nothing to decode', () => {
    expect(decodeArguments([], '0x1234')).toEqual([])
  })

  it.each([
    ['fewer words than needed', types('uint256', 'bool'), words(1)],
    ['no data at all', types('uint256'), '0x'],
    ['an offset outside the data', types('string'), words(0x40)],
    ['an offset beyond 64 bits', types('string'), words(2n ** 64n, 0)],
    ['a text longer than the data', types('string'), words(0x20, 33, 0)],
    ['an array longer than the data', types('uint256[]'), words(0x20, 3, 1, 2)],
    ['a huge fixed array', types('uint256[99999999999][99999999999]'), words(1, 2)],
  ])('refuses %s', (_case, wanted, data) => {
    expect(() => decodeArguments(wanted, data)).toThrow(AbiDecodeError)
  })

  it('takes 16 levels of nesting, two for an array and one for a text, and refuses 17', () => {
    const nest = (depth: number) => `0x${words(0x20, 1).slice(2).repeat(depth)}`
    const arrays = (depth: number) => types(`uint256${'[]'.repeat(depth)}`)
    expect(decodeArguments(arrays(8), `${nest(8)}${word(7n)}`)).toEqual([`${'['.repeat(8)}7${']'.repeat(8)}`])
    expect(() => decodeArguments(arrays(9), `${nest(9)}${word(7n)}`)).toThrow('nested deeper than 16')
    expect(() => decodeArguments(types(`string${'[]'.repeat(8)}`), `${nest(8)}${words(0x20, 0).slice(2)}`)).toThrow(
      'nested deeper than 16',
    )
  })

  it('stops early when overlapping offsets describe billions of elements', () => {
    const count = 1_000
    const level = (offset: number) => words(count, ...Array.from({ length: count }, () => offset)).slice(2)
    const hostile = `0x${word(0x20n)}${level(count * 32).repeat(5)}${level(0)}`
    const started = processorMs()
    expect(() => decodeArguments(types('uint256[][][][][][]'), hostile)).toThrow(AbiDecodeError)
    expect(processorMs() - started).toBeLessThan(2_000)
  })

  it('throws only its own error and ends quickly on random and on offset-like bytes', () => {
    const smallWord = fc.integer({ min: 0, max: 12 }).map((count) => word(BigInt(count * 32)))
    const tinyWord = fc.integer({ min: 0, max: 40 }).map((value) => word(BigInt(value)))
    const anyWord = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(word)
    const data = fc.oneof(
      fc.array(fc.oneof(smallWord, tinyWord, anyWord), { maxLength: 60 }).map((parts) => `0x${parts.join('')}`),
      fc.uint8Array({ maxLength: 500 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    )
    fc.assert(
      fc.property(samples, data, ({ shapes }, bytes) => {
        const started = processorMs()
        try {
          decodeArguments(
            shapes.map((shape) => parseAbiType(parameterOf(shape))!),
            bytes,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(AbiDecodeError)
        }
        expect(processorMs() - started).toBeLessThan(2_000)
      }),
      { numRuns: 2_000 },
    )
  })
})
