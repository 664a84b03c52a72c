import { checkLiteral } from './check-literal.ts'
import { resolveDeclaredPath } from './declared-path.ts'
import type { ExpressionChain } from './evaluate-expression.ts'
import { evmFamilyOf } from './evm-kinds.ts'
import type { ComparisonExpression } from './expression.ts'
import {
  type DeclaredParameter,
  echo,
  type ExpressionFinding,
  type ExpressionFindingCode,
  type Remark,
} from './expression-finding.ts'
import { type Family, familyRules } from './family-rules.ts'
import { findOzDifference } from './oz-difference.ts'
import { stellarFamilyOf } from './stellar-kinds.ts'
import type { NameAdvice } from './suggest-name.ts'

export type CheckScope = {
  readonly chain: ExpressionChain
  readonly text: string
  readonly parameters: ReadonlyMap<string, DeclaredParameter>
  readonly adviseName: NameAdvice
}

export function checkComparison(node: ComparisonExpression, scope: CheckScope): ExpressionFinding[] {
  const { path, literal } = node
  const parameter = scope.parameters.get(path.base)
  if (!parameter) {
    const hint = scope.adviseName(path)
    const remark = { message: `There is no parameter ${echo(path.base)}.`, ...(hint === undefined ? {} : { hint }) }
    return [toFinding('unknown_variable', { start: path.start, end: path.start + path.base.length }, remark)]
  }
  const target = resolveDeclaredPath(scope.chain, path, parameter)
  if ('remark' in target) return [toFinding('invalid_path', path, target.remark)]
  // What is inside JSON text shows at evaluation only.
  if (target.kind === undefined) return []
  const family = scope.chain === 'evm' ? evmFamilyOf(target.kind) : stellarFamilyOf(target.kind)
  if (family === undefined) {
    const message = `A parameter of the kind ${echo(target.kind)} cannot be compared.`
    return [toFinding('unsupported_operator', node, { message, hint: 'Compare a part of it, such as .name or [0].' })]
  }
  const subject = { family, kind: target.kind, isMember: target.isMember }
  const operatorRemark = checkOperator(node, family)
  const literalRemark = checkLiteral(node, subject)
  const findings = [
    ...(operatorRemark ? [toFinding('unsupported_operator', operatorRange(node, scope.text), operatorRemark)] : []),
    ...(literalRemark ? [toFinding('invalid_literal', literal, literalRemark)] : []),
  ]
  if (findings.length > 0) return findings
  const written = scope.text.slice(literal.start, literal.end)
  const difference = findOzDifference(node, { ...subject, chain: scope.chain, parameterKind: parameter.kind, written })
  return difference ? [toFinding('differs_from_oz', node, difference)] : []
}

function checkOperator({ operator }: ComparisonExpression, family: Family): Remark | undefined {
  const { label, operators } = familyRules[family]
  if (operators.has(operator)) return undefined
  return { message: `${label} has no ${operator}.`, hint: `${label} has ${[...operators].join(', ')}.` }
}

/** The operator alone, without the spaces around it. */
function operatorRange({ path, literal }: ComparisonExpression, text: string): { start: number; end: number } {
  const gap = text.slice(path.end, literal.start)
  const start = path.end + (gap.length - gap.trimStart().length)
  return { start, end: start + gap.trim().length }
}

function toFinding(
  code: ExpressionFindingCode,
  { start, end }: { start: number; end: number },
  { message, hint }: Remark,
): ExpressionFinding {
  return { code, start, end, message, ...(hint === undefined ? {} : { hint }) }
}
