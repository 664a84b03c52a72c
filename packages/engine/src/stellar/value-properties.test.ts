import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../config/json.ts'
import { parseJsonValue } from '../expression/json-value.ts'
import { account, contractAddress, muxedAccount, scValue } from '../testing/stellar-values.ts'
import { ozArgumentOf, ozJsonOf, ozTypeOf } from './oz-value.ts'
import { plainValueOf } from './plain-value.ts'
import { decodeScValue } from './sc-value.ts'
import { readTyped } from './typed-value.ts'

const integers: [string, fc.Arbitrary<bigint>][] = [
  ['u64', fc.bigInt(0n, 2n ** 64n - 1n)],
  ['i64', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ['u128', fc.bigInt(0n, 2n ** 128n - 1n)],
  ['i128', fc.bigInt(-(2n ** 127n), 2n ** 127n - 1n)],
  ['u256', fc.bigInt(0n, 2n ** 256n - 1n)],
  ['i256', fc.bigInt(-(2n ** 255n), 2n ** 255n - 1n)],
]

/** XDR-JSON of any value but the markers of the ledger. */
const { json: values } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<JsonValue>('void', { vec: null }, { map: null }, { error: { contract: 3 } }),
    fc.boolean().map((bool): JsonValue => ({ bool })),
    fc.nat({ max: 2 ** 31 - 1 }).map((u32): JsonValue => ({ u32 })),
    fc.oneof(...integers.map(([name, of]) => of.map((value): JsonValue => ({ [name]: String(value) })))),
    fc.uint8Array({ maxLength: 8 }).map((bytes): JsonValue => ({ bytes: Buffer.from(bytes).toString('hex') })),
    fc.uint8Array({ maxLength: 8 }).map((bytes): JsonValue => ({ string: escape(bytes) })),
    fc.constantFrom('a', 'type', 'value').map((symbol): JsonValue => ({ symbol })),
    fc.constantFrom(account, contractAddress, muxedAccount).map((address): JsonValue => ({ address })),
    fc.array(tie('json'), { maxLength: 3 }).map((vec): JsonValue => ({ vec })),
    fc.array(fc.record({ key: tie('json'), val: tie('json') }), { maxLength: 3 }).map((map): JsonValue => ({ map })),
  ),
}))

function escape(bytes: Uint8Array): string {
  return [...bytes].map((byte) => (byte === 0 ? '\\0' : `\\x${byte.toString(16).padStart(2, '0')}`)).join('')
}

describe('any value of a contract', () => {
  it('has a type, a text and JSON in either form, and the digits of its integers', () => {
    fc.assert(
      fc.property(values, (json) => {
        const value = decodeScValue(scValue(json))
        expect(ozTypeOf(value)).toMatch(/^[A-Z][A-Za-z0-9,<>]*$/)
        expect(parseJsonValue(ozJsonOf(value))).not.toBeNull()
        expect(parseJsonValue(plainValueOf(value).json)).not.toBeNull()
        expect(readTyped(value, 'val', new Map())).toEqual(plainValueOf(value))
        for (const digits of JSON.stringify(json).match(/(?<=[ui](?:64|128|256)":")-?\d+/g) ?? []) {
          expect(plainValueOf(value).text).toContain(digits)
        }
        const argument = ozArgumentOf(value, 'p', undefined)
        if (argument.kind === 'Vec' || argument.kind === 'Map') expect(parseJsonValue(argument.value)).not.toBeNull()
      }),
      { numRuns: 150 },
    )
  })
})
