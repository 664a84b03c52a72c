import type { ComparisonExpression, Expression, LogicalExpression } from './expression.ts'
import {
  bindOperand,
  type ExpressionErrorClass,
  type KindTable,
  type Literal,
  type Operand,
  type Outcome,
} from './operand.ts'
import type { ExpressionParameters } from './parameters.ts'
import { printPath } from './print-expression.ts'
import { resolvePath } from './resolve-path.ts'
import { createTextForms } from './value-node.ts'

/** Evaluates by the rules of the table it was made for; never throws. */
export type Evaluator = (parameters: ExpressionParameters, observer?: EvaluationObserver) => Outcome

/** Told of everything that is evaluated, and of nothing that is skipped. `left` is why a comparison has no left value. */
export type EvaluationObserver = {
  readonly compared: (node: ComparisonExpression, outcome: Outcome, left: Operand | ExpressionErrorClass) => void
  readonly combined: (node: LogicalExpression, outcome: Outcome) => void
}

/** Turns the tree into closures once, so that an evaluation looks at nothing but values. */
export function createEvaluator(expression: Expression, kinds: KindTable): Evaluator {
  return expression.kind === 'comparison' ? createComparison(expression, kinds) : createLogical(expression, kinds)
}

/** AND ends at the first false, OR at the first true, both at the first error (spec/03 §4). */
function createLogical(node: LogicalExpression, kinds: KindTable): Evaluator {
  const operands = node.operands.map((operand) => createEvaluator(operand, kinds))
  const goesOn = node.kind === 'and'
  return (parameters, observer) => {
    let outcome: Outcome = goesOn
    for (const operand of operands) {
      outcome = operand(parameters, observer)
      if (outcome !== goesOn) break
    }
    observer?.combined(node, outcome)
    return outcome
  }
}

function createComparison(node: ComparisonExpression, kinds: KindTable): Evaluator {
  const { operator } = node
  const { base, accessors } = node.path
  const path = accessors.length === 0 ? undefined : { accessors, text: printPath(node.path).slice(base.length) }
  const literal: Literal = { kind: node.literal.kind, forms: createTextForms(node.literal.text) }
  return ({ operands }, observer) => {
    const left = findLeft(operands.get(base), path, kinds)
    const outcome = typeof left === 'string' ? left : left.comparator(left, operator, literal)
    observer?.compared(node, outcome, left)
    return outcome
  }
}

function findLeft(
  operand: Operand | undefined,
  path: Parameters<typeof resolvePath>[1] | undefined,
  kinds: KindTable,
): Operand | ExpressionErrorClass {
  if (operand === undefined) return 'VariableNotFound'
  return path === undefined ? bindOperand(operand, kinds) : resolvePath(operand, path, kinds)
}
