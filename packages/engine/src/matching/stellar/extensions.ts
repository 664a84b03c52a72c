import { z } from 'zod'

const operationConditionSchema = z
  .strictObject({
    type: z.string().describe('A classic operation in snake case, such as `payment`, or `any`.'),
    expression: z
      .string()
      .nullable()
      .exactOptional()
      .describe('A condition on the named parameters of the operation; absent or null matches always.'),
  })
  .describe('Matches operations of a transaction.')

export type OperationConditionConfig = { type: string; expression?: string | null }

/** What a monitor may say beyond OZ Monitor on a Stellar network; stands in `extensions.stellar` beside the configuration. */
export type StellarExtensions = { operations?: OperationConditionConfig[]; nested_calls?: boolean }

export const stellarExtensionsSchema: z.ZodType<StellarExtensions> = z
  .strictObject({
    operations: z
      .array(operationConditionSchema)
      .exactOptional()
      .describe('Classic operations to match: a further way, beside functions and events, to match a transaction.'),
    nested_calls: z
      .boolean()
      .exactOptional()
      .describe('Whether function conditions also see calls that contracts make of each other.'),
  })
  .describe('Conditions of Stellar that OZ Monitor does not have.')
