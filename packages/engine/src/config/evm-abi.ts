import { z } from 'zod'
import { isSolidityType } from './solidity-type.ts'

const parameterName = z
  .string()
  .regex(/^(?:[A-Za-z$_][A-Za-z0-9$_]*)?$/, { error: 'must be a Solidity identifier or empty' })
  .exactOptional()
const internalType = z.string().nullable().exactOptional()

const notIndexed = z
  .unknown()
  .refine((value): value is null | undefined => value === null || value === undefined, {
    error: 'is allowed only on the inputs of an event',
    params: { code: 'unknown_field' },
  })
  .meta({ type: 'null' })
  .exactOptional()

// Written out: what the compiler makes of a recursive schema depends on where it first meets it.
export type AbiParameter = {
  [key: string]: unknown
  type: string
  name?: string
  internalType?: string | null
  indexed?: null | undefined
  components?: AbiParameter[]
}

const parameterSchema: z.ZodType<AbiParameter> = z
  .looseObject({
    type: z.string(),
    name: parameterName,
    internalType,
    indexed: notIndexed,
    get components() {
      return z.array(parameterSchema).exactOptional()
    },
  })
  .check(checkType)

const eventParameterSchema = z
  .looseObject({
    type: z.string(),
    name: parameterName,
    internalType,
    indexed: z.boolean().nullable().exactOptional(),
    components: z.array(parameterSchema).exactOptional(),
  })
  .check(checkType)

const mutability = {
  stateMutability: z.enum(['pure', 'view', 'nonpayable', 'payable']).nullable().exactOptional(),
  constant: z.boolean().nullable().exactOptional(),
  payable: z.boolean().nullable().exactOptional(),
}

const abiItemSchema = z.discriminatedUnion(
  'type',
  [
    z
      .looseObject({
        type: z.literal('function'),
        name: z.string(),
        inputs: z.array(parameterSchema),
        outputs: z.array(parameterSchema),
        ...mutability,
      })
      .check(checkMutability),
    z.looseObject({
      type: z.literal('event'),
      name: z.string(),
      inputs: z.array(eventParameterSchema),
      anonymous: z.boolean(),
    }),
    z.looseObject({ type: z.literal('error'), name: z.string(), inputs: z.array(parameterSchema) }),
    z
      .looseObject({ type: z.literal('constructor'), inputs: z.array(parameterSchema), ...mutability })
      .check(checkMutability),
    z.looseObject({ type: z.literal('fallback'), ...mutability }).check(checkMutability),
    z.looseObject({ type: z.literal('receive'), ...mutability }).check(checkMutability),
  ],
  { error: 'must be one of function, event, error, constructor, fallback, receive' },
)

/** A JSON ABI (spec/01 §5.1). Unknown keys are ignored and kept; the order of the items is kept. */
export const evmAbiSchema = z.array(abiItemSchema).describe('An EVM ABI.')

export type EvmAbi = z.infer<typeof evmAbiSchema>
export type EvmAbiParameter = z.infer<typeof parameterSchema>

function checkType(context: z.core.ParsePayload<{ type: string; components?: unknown[] }>): void {
  const { type, components } = context.value
  const hasComponents = components !== undefined && components.length > 0
  if (hasComponents ? type.startsWith('tuple') : isSolidityType(type)) return
  context.issues.push({
    code: 'custom',
    path: ['type'],
    input: type,
    message: hasComponents ? 'must start with "tuple", because there are components' : 'must be a Solidity type',
    params: { code: 'invalid_value' },
  })
}

function checkMutability(context: z.core.ParsePayload<{ constant?: boolean | null; payable?: boolean | null }>): void {
  if (context.value.constant !== true || context.value.payable !== true) return
  context.issues.push({
    code: 'custom',
    path: ['payable'],
    input: true,
    message: 'cannot be true when constant is true',
    params: { code: 'invalid_value' },
  })
}
