import { z } from 'zod'
import { u8, u32, u64 } from './integer.ts'

/** A type in an IDL: a name or an object with exactly one of the keys. */
export type SolanaType =
  | string
  | {
      array?: [SolanaType, number | bigint]
      vec?: SolanaType
      option?: SolanaType
      defined?: string
      tuple?: SolanaType[]
    }

const nestedType = z.lazy((): z.ZodType<SolanaType> => typeSchema)

const compoundTypeSchema = z
  .strictObject({
    array: z.tuple([nestedType, u64]).exactOptional(),
    vec: nestedType.exactOptional(),
    option: nestedType.exactOptional(),
    defined: z
      .string({ error: 'must be the name of a type (the newer form {"name": …} is not supported)' })
      .exactOptional(),
    tuple: z.array(nestedType).exactOptional(),
  })
  .refine((value) => Object.keys(value).length === 1, {
    error: 'must have exactly one key, which names the kind',
    params: { code: 'invalid_shape' },
  })

const typeSchema = z.union([z.string(), compoundTypeSchema], {
  error: 'must be a type: a name such as "u64" or an object such as {"vec": "u8"}',
})

const fieldSchema = z.looseObject({ name: z.string(), type: typeSchema })
const discriminator = z.array(u8).exactOptional()

/** A legacy Anchor IDL (spec/01 §5.3). Unknown keys are ignored and kept. */
export const solanaIdlSchema = z
  .looseObject({
    version: z.string(),
    name: z.string(),
    instructions: z.array(
      z.looseObject({
        name: z.string(),
        discriminator,
        accounts: z.array(z.looseObject({})).exactOptional(),
        args: z.array(fieldSchema).exactOptional(),
      }),
    ),
    accounts: z.array(z.looseObject({})).exactOptional(),
    events: z.array(z.looseObject({ name: z.string(), discriminator })).exactOptional(),
    types: z
      .array(z.looseObject({ name: z.string(), type: z.looseObject({ kind: z.enum(['struct', 'enum']) }) }))
      .exactOptional(),
    errors: z.array(z.looseObject({ code: u32, name: z.string() })).exactOptional(),
    metadata: z.looseObject({}).nullable().exactOptional(),
  })
  .describe('A legacy Anchor IDL.')

export type SolanaIdl = z.infer<typeof solanaIdlSchema>
