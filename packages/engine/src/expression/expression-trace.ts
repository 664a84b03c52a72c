import { cutText } from './cut-text.ts'
import { errorResults, type ExpressionResult, toResult } from './evaluate-expression.ts'
import type { Evaluator } from './evaluator.ts'
import type { ComparisonOperator, Expression } from './expression.ts'
import type { ExpressionSyntaxError } from './expression-syntax-error.ts'
import { type ExpressionErrorClass, formsOf, type Operand, type Outcome } from './operand.ts'
import type { ExpressionParameters } from './parameters.ts'
import { printPath } from './print-expression.ts'

/** What an evaluation saw, as a tree parallel to the expression. `text` is the source between `start` and `end`. */
export type ExpressionTrace = LogicalTrace | ComparisonTrace | SyntaxTrace

export type LogicalTrace = {
  readonly kind: 'and' | 'or'
  readonly text: string
  readonly start: number
  readonly end: number
  readonly result: ExpressionResult | 'skipped'
  readonly operands: readonly ExpressionTrace[]
}

export type ComparisonTrace = {
  readonly kind: 'comparison'
  readonly text: string
  readonly start: number
  readonly end: number
  readonly path: string
  readonly operator: ComparisonOperator
  readonly literal: string
  /** The text of the left side, cut to {@link TRACE_VALUE_MAX} characters; null when there is none or it was not looked at. */
  readonly value: string | null
  readonly value_kind: string | null
  readonly result: ExpressionResult | 'skipped'
}

export type SyntaxTrace = {
  readonly kind: 'syntax'
  readonly text: string
  readonly position: number
  readonly message: string
  readonly hint?: string
  readonly result: { readonly error: ExpressionErrorClass }
}

export const TRACE_VALUE_MAX = 1_000

export function traceEvaluation(
  { text, root, evaluator }: { text: string; root: Expression; evaluator: Evaluator },
  parameters: ExpressionParameters,
): ExpressionTrace {
  const seen: Observations = new Map()
  evaluator(parameters, {
    compared: (node, outcome, left) => seen.set(node, { outcome, left }),
    combined: (node, outcome) => seen.set(node, { outcome, left: undefined }),
  })
  return buildTrace(root, text, seen)
}

export function traceSyntaxError(text: string, { position, message, hint }: ExpressionSyntaxError): SyntaxTrace {
  const result = errorResults.Syntax
  return { kind: 'syntax', text, position, message, ...(hint === undefined ? {} : { hint }), result }
}

type Observation = { readonly outcome: Outcome; readonly left: Operand | ExpressionErrorClass | undefined }

type Observations = Map<Expression, Observation>

function buildTrace(node: Expression, source: string, seen: Observations): ExpressionTrace {
  const observation = seen.get(node)
  const result = observation ? toResult(observation.outcome) : 'skipped'
  const { start, end } = node
  const place = { text: source.slice(start, end), start, end }
  if (node.kind !== 'comparison') {
    const operands = node.operands.map((operand) => buildTrace(operand, source, seen))
    return { kind: node.kind, ...place, result, operands }
  }
  const left = typeof observation?.left === 'string' ? undefined : observation?.left
  return {
    kind: 'comparison',
    ...place,
    path: printPath(node.path),
    operator: node.operator,
    literal: node.literal.text,
    value: left ? cutText(formsOf(left).text, TRACE_VALUE_MAX) : null,
    value_kind: left?.kind ?? null,
    result,
  }
}
