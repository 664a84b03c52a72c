import { errorResults, type ExpressionChain, type ExpressionResult, toResult } from './evaluate-expression.ts'
import { createEvaluator } from './evaluator.ts'
import { productEvmKinds } from './evm-kinds.ts'
import type { Expression } from './expression.ts'
import { ExpressionSyntaxError } from './expression-syntax-error.ts'
import { type ExpressionTrace, traceEvaluation, traceSyntaxError } from './expression-trace.ts'
import type { ExpressionParameters } from './parameters.ts'
import { parseExpression } from './parse-expression.ts'
import { productStellarKinds } from './stellar-kinds.ts'

export type CompiledExpression = {
  readonly text: string
  /** Undefined when the text does not parse. */
  readonly root: Expression | undefined
  readonly syntaxError: ExpressionSyntaxError | undefined
  /** Names of the parameters it reads, each once, in order of appearance. */
  readonly variables: readonly string[]
  /** Never throws; whatever is not `true` is no match. */
  evaluate(parameters: ExpressionParameters): ExpressionResult
  /** The same evaluation with what every part of it saw. Allocates; not for the hot path. */
  explain(parameters: ExpressionParameters): ExpressionTrace
}

/**
 * Compiles an expression of the product dialect: OZ Monitor's language with the fixes of spec/03 §11, which only turn
 * a never-match into a match. Never throws: a text that does not parse always evaluates to the error `Syntax`.
 */
export function compileExpression(chain: ExpressionChain, text: string): CompiledExpression {
  const root = parse(text)
  if (root instanceof ExpressionSyntaxError) return createBroken(text, root)
  const evaluator = createEvaluator(root, chain === 'evm' ? productEvmKinds : productStellarKinds)
  return {
    text,
    root,
    syntaxError: undefined,
    variables: [...collectVariables(root, new Set())],
    evaluate: (parameters) => toResult(evaluator(parameters)),
    explain: (parameters) => traceEvaluation({ text, root, evaluator }, parameters),
  }
}

function createBroken(text: string, error: ExpressionSyntaxError): CompiledExpression {
  return {
    text,
    root: undefined,
    syntaxError: error,
    variables: [],
    evaluate: () => errorResults.Syntax,
    explain: () => traceSyntaxError(text, error),
  }
}

function parse(text: string): Expression | ExpressionSyntaxError {
  try {
    return parseExpression(text)
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return error
    throw error
  }
}

function collectVariables(expression: Expression, names: Set<string>): Set<string> {
  if (expression.kind === 'comparison') return names.add(expression.path.base)
  for (const operand of expression.operands) collectVariables(operand, names)
  return names
}
