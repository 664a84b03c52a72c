import { createOperand, type Operand } from './operand.ts'
import type { StructuredValue } from './structured-value.ts'

/** Value text and declared kind as in the match object; `structure` when the decoder knows it (spec/03 §11.7). */
export type ExpressionParameter = {
  readonly name: string
  readonly kind: string
  readonly value: string
  readonly structure?: StructuredValue | undefined
}

/** Opaque: the parameters of one log, call or transaction, for any number of expressions. */
export type ExpressionParameters = { readonly operands: ReadonlyMap<string, Operand> }

/**
 * Prepares parameters for evaluation. Made once per decoded log or call: what expressions make of a value (its integer,
 * its lower case, its JSON) is kept here and shared. Of parameters with the same name the first is used.
 */
export function createParameters(list: readonly ExpressionParameter[]): ExpressionParameters {
  const operands = new Map<string, Operand>()
  for (const { name, kind, value, structure } of list) {
    if (!operands.has(name)) operands.set(name, createOperand(kind, { text: value, structure }))
  }
  return { operands }
}
