import { checkComparison } from './check-comparison.ts'
import { checkSpacing } from './check-spacing.ts'
import type { ExpressionChain } from './evaluate-expression.ts'
import type { ComparisonExpression, Expression } from './expression.ts'
import type { DeclaredParameter, ExpressionFinding } from './expression-finding.ts'
import { ExpressionSyntaxError } from './expression-syntax-error.ts'
import { parseExpression } from './parse-expression.ts'
import { createNameAdvice } from './suggest-name.ts'

/**
 * Checks an expression of the product dialect against the parameters it will see, without any values. Reports every
 * problem in the order of the text; after a syntax error nothing else can be said. Never throws, and no finding repeats
 * more than 60 characters of the text.
 */
export function checkExpression(
  chain: ExpressionChain,
  text: string,
  parameters: readonly DeclaredParameter[],
): ExpressionFinding[] {
  const root = parse(text)
  if (root instanceof ExpressionSyntaxError) return [toFinding(root, text)]
  const scope = { chain, text, parameters: firstByName(parameters), adviseName: createNameAdvice(parameters) }
  const findings = checkSpacing(root, text)
  for (const comparison of comparisonsOf(root, [])) findings.push(...checkComparison(comparison, scope))
  return findings.toSorted((left, right) => left.start - right.start)
}

function parse(text: string): Expression | ExpressionSyntaxError {
  try {
    return parseExpression(text)
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return error
    throw error
  }
}

function toFinding({ position, message, hint }: ExpressionSyntaxError, text: string): ExpressionFinding {
  const end = Math.min(position + 1, text.length)
  return { code: 'expression_syntax', start: position, end, message, ...(hint === undefined ? {} : { hint }) }
}

function firstByName(parameters: readonly DeclaredParameter[]): ReadonlyMap<string, DeclaredParameter> {
  return new Map(parameters.toReversed().map((parameter) => [parameter.name, parameter]))
}

function comparisonsOf(node: Expression, found: ComparisonExpression[]): ComparisonExpression[] {
  if (node.kind === 'comparison') found.push(node)
  else for (const operand of node.operands) comparisonsOf(operand, found)
  return found
}
