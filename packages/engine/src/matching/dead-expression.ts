import { compileExpression } from '../expression/compile-expression.ts'
import type { ExpressionChain } from '../expression/evaluate-expression.ts'
import { evmFamilyOf } from '../expression/evm-kinds.ts'
import type { ComparisonExpression, Expression } from '../expression/expression.ts'
import type { DeclaredParameter } from '../expression/expression-finding.ts'
import { createParameters } from '../expression/parameters.ts'
import { stellarFamilyOf } from '../expression/stellar-kinds.ts'

/**
 * Whether an expression can never be true, whatever its parameters hold: it does not parse, or an error is certain to
 * be reached first. Only what is certain counts; a path into a value may lead anywhere.
 */
export function isDead(chain: ExpressionChain, text: string, parameters: readonly DeclaredParameter[]): boolean {
  const { root } = compileExpression(chain, text)
  const kinds = new Map(parameters.toReversed().map(({ name, kind }) => [name, kind]))
  return root === undefined || !canBeTrue(root, { chain, text, kinds })
}

type Scope = { chain: ExpressionChain; text: string; kinds: ReadonlyMap<string, string> }

function canBeTrue(node: Expression, scope: Scope): boolean {
  if (node.kind === 'comparison') return !surelyErrs(node, scope)
  if (node.kind === 'and') return node.operands.every((operand) => canBeTrue(operand, scope))
  for (const operand of node.operands) {
    if (surelyErrs(operand, scope)) return false
    if (canBeTrue(operand, scope)) return true
  }
  return false
}

/** An error of the first operand is never hidden by the others (spec/03 §4). */
function surelyErrs(node: Expression, scope: Scope): boolean {
  if (node.kind === 'comparison') return comparisonSurelyErrs(node, scope)
  return node.operands[0] !== undefined && surelyErrs(node.operands[0], scope)
}

/** Whether a comparison is an error depends on kind, operator and literal alone, so that any value of the kind will do. */
function comparisonSurelyErrs({ path, start, end }: ComparisonExpression, { chain, text, kinds }: Scope): boolean {
  const kind = kinds.get(path.base)
  if (kind === undefined) return true
  if (path.accessors.length > 0) return false
  const parameters = createParameters([{ name: path.base, kind, value: sampleOf(chain, kind) }])
  return typeof compileExpression(chain, text.slice(start, end)).evaluate(parameters) === 'object'
}

function sampleOf(chain: ExpressionChain, kind: string): string {
  switch (chain === 'evm' ? evmFamilyOf(kind) : stellarFamilyOf(kind)) {
    case 'unsigned':
    case 'signed':
    case 'integer':
      return '0'
    case 'boolean':
      return 'false'
    case 'array':
    case 'vec':
      return '[]'
    case 'map':
      return '{}'
    case 'tuple':
      return '()'
    case 'address':
    case 'fixedBytes':
    case 'text':
    case undefined:
      return '0x'
  }
}
