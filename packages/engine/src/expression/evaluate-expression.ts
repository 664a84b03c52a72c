import { createEvaluator } from './evaluator.ts'
import { ozEvmKinds } from './evm-kinds.ts'
import { ExpressionSyntaxError } from './expression-syntax-error.ts'
import type { ExpressionErrorClass, Outcome } from './operand.ts'
import { createParameters } from './parameters.ts'
import { parseExpression } from './parse-expression.ts'
import { ozStellarKinds } from './stellar-kinds.ts'

export type ExpressionChain = 'evm' | 'stellar'

export type ExpressionResult = boolean | { readonly error: ExpressionErrorClass }

/**
 * Evaluates exactly as OpenZeppelin Monitor does (spec/03), all rows of the conformance table included. For comparison
 * and migration: the product evaluates with `compileExpression`. Never throws.
 */
export function evaluateExpression(
  chain: ExpressionChain,
  text: string,
  parameters: readonly { readonly name: string; readonly kind: string; readonly value: string }[],
): ExpressionResult {
  const kinds = chain === 'evm' ? ozEvmKinds : ozStellarKinds
  const operands = createParameters(parameters.map(({ name, kind, value }) => ({ name, kind, value })))
  try {
    return toResult(createEvaluator(parseExpression(text, { dialect: 'oz' }), kinds)(operands))
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return errorResults.Syntax
    throw error
  }
}

export function toResult(outcome: Outcome): ExpressionResult {
  return typeof outcome === 'string' ? errorResults[outcome] : outcome
}

/** Shared and frozen: a monitor that errs on every log of a block allocates nothing. */
export const errorResults: Readonly<Record<ExpressionErrorClass, { readonly error: ExpressionErrorClass }>> = {
  Syntax: Object.freeze({ error: 'Syntax' }),
  VariableNotFound: Object.freeze({ error: 'VariableNotFound' }),
  TypeMismatch: Object.freeze({ error: 'TypeMismatch' }),
  UnsupportedOperator: Object.freeze({ error: 'UnsupportedOperator' }),
  ParseError: Object.freeze({ error: 'ParseError' }),
  IndexOutOfBounds: Object.freeze({ error: 'IndexOutOfBounds' }),
  FieldNotFound: Object.freeze({ error: 'FieldNotFound' }),
}
