import { z } from 'zod'
import { u32 } from './integer.ts'
import { utf8Length } from './text.ts'

const oneKey = { error: 'must have exactly one key, which names the kind', params: { code: 'invalid_shape' } }

const plainTypes = [
  'val',
  'bool',
  'void',
  'error',
  'u32',
  'i32',
  'u64',
  'i64',
  'timepoint',
  'duration',
  'u128',
  'i128',
  'u256',
  'i256',
  'bytes',
  'string',
  'symbol',
  'address',
  'muxed_address',
] as const

/** The type of a value in a Stellar contract: a name or an object with exactly one of the keys. */
export type StellarType =
  | (typeof plainTypes)[number]
  | {
      option?: { value_type: StellarType }
      result?: { ok_type: StellarType; error_type: StellarType }
      vec?: { element_type: StellarType }
      map?: { key_type: StellarType; value_type: StellarType }
      tuple?: { value_types: StellarType[] }
      bytes_n?: { n: number | bigint }
      udt?: { name: string }
    }

const nestedType = z.lazy((): z.ZodType<StellarType> => typeSchema)

const compoundTypeSchema = z
  .strictObject({
    option: z.looseObject({ value_type: nestedType }).exactOptional(),
    result: z.looseObject({ ok_type: nestedType, error_type: nestedType }).exactOptional(),
    vec: z.looseObject({ element_type: nestedType }).exactOptional(),
    map: z.looseObject({ key_type: nestedType, value_type: nestedType }).exactOptional(),
    tuple: z.looseObject({ value_types: z.array(nestedType).max(12, atMost(12)) }).exactOptional(),
    bytes_n: z.looseObject({ n: u32 }).exactOptional(),
    udt: z.looseObject({ name: text(60) }).exactOptional(),
  })
  .refine(hasOneKey, oneKey)

const typeSchema = z.union([z.enum(plainTypes), compoundTypeSchema], {
  error: 'must be a Stellar type: a name such as "address" or an object such as {"vec": {"element_type": "u32"}}',
})

const doc = text(1024)
const lib = text(80)
const field = z.looseObject({ doc, name: text(30), type_: typeSchema })

const enumSchema = z.looseObject({
  doc,
  lib,
  name: text(60),
  cases: z.array(z.looseObject({ doc, name: text(60), value: u32 })).max(50, atMost(50)),
})

const unionCaseSchema = z
  .strictObject({
    void_v0: z.looseObject({ doc, name: text(60) }).exactOptional(),
    tuple_v0: z.looseObject({ doc, name: text(60), type_: z.array(typeSchema).max(12, atMost(12)) }).exactOptional(),
  })
  .refine(hasOneKey, oneKey)

// With `abort`, or the union of contract specs would take an array of anything for Stellar entries.
const oneEntry = {
  error:
    'must have exactly one key: function_v0, event_v0, udt_struct_v0, udt_union_v0, udt_enum_v0 or udt_error_enum_v0',
  params: { code: 'invalid_shape' },
  abort: true,
}

const entrySchema = z
  .looseObject({
    function_v0: z
      .looseObject({
        doc,
        name: text(32),
        inputs: z.array(field).max(10, atMost(10)),
        outputs: z.array(typeSchema).max(1, atMost(1)),
      })
      .exactOptional(),
    event_v0: z
      .looseObject({
        doc,
        lib,
        name: text(32),
        prefix_topics: z.array(text(32)).max(2, atMost(2)),
        params: z
          .array(z.looseObject({ ...field.shape, location: z.enum(['data', 'topic_list']) }))
          .max(50, atMost(50)),
        data_format: z.enum(['single_value', 'vec', 'map']),
      })
      .exactOptional(),
    udt_struct_v0: z
      .looseObject({ doc, lib, name: text(60), fields: z.array(field).max(40, atMost(40)) })
      .exactOptional(),
    udt_union_v0: z
      .looseObject({ doc, lib, name: text(60), cases: z.array(unionCaseSchema).max(50, atMost(50)) })
      .exactOptional(),
    udt_enum_v0: enumSchema.exactOptional(),
    udt_error_enum_v0: enumSchema.exactOptional(),
  })
  .refine(isOneEntry, oneEntry)
  .meta({ minProperties: 1, maxProperties: 1 })

/** Soroban contract spec entries in JSON (spec/01 §5.2, members of spec/05 §5.3). */
export const stellarSpecSchema = z.array(entrySchema).describe('Stellar contract spec entries.')

export type StellarSpec = z.infer<typeof stellarSpecSchema>

export type StellarSpecEntry = StellarSpec[number]

function isOneEntry(entry: object): boolean {
  return hasOneKey(entry) && Object.keys(entry).every((key) => Object.hasOwn(entrySchema.shape, key))
}

/** A string of at most so many UTF-8 bytes. */
function text(lengthMax: number) {
  return z.string().refine((value) => utf8Length(value) <= lengthMax, {
    error: `must have at most ${lengthMax} bytes`,
    params: { code: 'too_long' },
  })
}

function atMost(count: number) {
  return { error: `must have at most ${count} elements` }
}

function hasOneKey(value: object): boolean {
  return Object.keys(value).length === 1
}
