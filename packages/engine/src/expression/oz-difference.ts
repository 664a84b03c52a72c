import type { ExpressionChain } from './evaluate-expression.ts'
import { isOzEvmKind } from './evm-kinds.ts'
import type { ComparisonExpression } from './expression.ts'
import type { Remark } from './expression-finding.ts'
import type { Family } from './family-rules.ts'
import { stellarKindOf } from './stellar-kinds.ts'

type Subject = {
  readonly chain: ExpressionChain
  readonly family: Family
  /** Of what is compared, and of the parameter that the path starts from. */
  readonly kind: string
  readonly parameterKind: string
  /** The literal as it is written. */
  readonly written: string
}

/** Why a comparison that is right here never matches in OZ Monitor; for those who run both (spec/03 §11). */
export function findOzDifference(node: ComparisonExpression, subject: Subject): Remark | undefined {
  const message = findWrittenDifference(node, subject) ?? findKindDifference(node, subject)
  return message === undefined ? undefined : { message }
}

function findWrittenDifference({ literal }: ComparisonExpression, { family, written }: Subject): string | undefined {
  if (literal.kind === 'boolean' && written !== literal.text)
    return 'OZ Monitor knows true and false in lower case only.'
  if (literal.kind === 'string' && written.includes('\\')) return 'OZ Monitor keeps the backslashes of quoted text.'
  if (family === 'address' && /^['"]?0X/.test(written)) return 'OZ Monitor does not take 0X before an address.'
  return undefined
}

function findKindDifference(node: ComparisonExpression, subject: Subject): string | undefined {
  if (subject.chain === 'stellar')
    return subject.family === 'integer' ? findIntegerDifference(node, subject.kind) : undefined
  const { path, literal } = node
  const isInTuple = /^tuple/i.test(subject.parameterKind)
  if (path.accessors.length === 0) {
    if (!isOzEvmKind(subject.kind)) return 'OZ Monitor cannot compare parameters of this kind.'
    return isInTuple && subject.family === 'array' ? 'OZ Monitor cannot search lists of tuples.' : undefined
  }
  if (isInTuple) return 'OZ Monitor cannot read members of tuples.'
  const isBelowZero = subject.family === 'unsigned' && literal.text.startsWith('-')
  return isBelowZero ? 'OZ Monitor cannot compare this element with a negative number.' : undefined
}

function findIntegerDifference({ literal, operator }: ComparisonExpression, kind: string): string | undefined {
  const name = stellarKindOf(kind)
  if (name.endsWith('256')) {
    return operator === '==' || operator === '!=' ? undefined : 'OZ Monitor cannot order integers of 256 bits.'
  }
  if (literal.kind !== 'number') return 'OZ Monitor takes plain decimal numbers only.'
  const isBelowZero = !name.startsWith('i') && literal.text.startsWith('-')
  return isBelowZero ? 'OZ Monitor cannot compare this parameter with a negative number.' : undefined
}
