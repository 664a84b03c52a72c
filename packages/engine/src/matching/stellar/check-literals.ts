import type { ComparisonExpression, Expression } from '../../expression/expression.ts'
import { compileExpression } from '../../expression/compile-expression.ts'
import type { DeclaredParameter } from '../../expression/expression-finding.ts'
import { removeWhitespace } from '../../expression/whitespace.ts'
import { parseAsset } from '../../stellar/asset.ts'
import { decodeStrkey } from '../../stellar/strkey.ts'
import type { Problem } from '../../config/problem.ts'
import { toPointer } from '../../config/problem.ts'

type Place = { path: readonly (string | number)[]; parameters: readonly DeclaredParameter[] }

/** Addresses and assets in an expression that no value can equal, because they are none. */
export function badLiterals(text: string, { path, parameters }: Place): Problem[] {
  const { root } = compileExpression('stellar', text)
  if (root === undefined) return []
  const kinds = new Map(parameters.map(({ name, kind }) => [name, kind]))
  const pointer = toPointer([...path, 'expression'])
  return comparisonsOf(root).flatMap((comparison) => {
    const problem = problemOf(comparison, kinds)
    if (problem === undefined) return []
    const { start, end } = comparison.literal
    return [{ pointer, code: 'invalid_literal' as const, ...problem, position: { start, end } }]
  })
}

/** Comparison ignores case, so the check does. */
function problemOf(
  { path, operator, literal }: ComparisonExpression,
  kinds: ReadonlyMap<string, string>,
): { message: string; hint: string } | undefined {
  if ((operator !== '==' && operator !== '!=') || path.accessors.length > 0 || literal.kind !== 'string')
    return undefined
  const text = removeWhitespace(literal.text)
  if (kinds.get(path.base) === 'Address') {
    if (text === '' || decodeStrkey(text.toUpperCase()) !== undefined) return undefined
    const hint = 'An address has 56 characters and begins with G, or C for a contract.'
    return { message: 'is no Stellar address: a character is wrong or missing', hint }
  }
  if (!assetNames.has(path.base) || !kinds.has(path.base)) return undefined
  const lower = text.toLowerCase()
  if (lower === 'native' || lower === 'pool_share') return undefined
  const [code = '', issuer = ''] = text.split(':')
  if (parseAsset(`${code}:${issuer.toUpperCase()}`) !== undefined && text.split(':').length === 2) return undefined
  return { message: 'is no asset', hint: 'Write CODE:ISSUER with the account of the issuer, or native.' }
}

const assetNames: ReadonlySet<string> = new Set(['asset', 'send_asset', 'dest_asset', 'selling', 'buying'])

function comparisonsOf(node: Expression): ComparisonExpression[] {
  return node.kind === 'comparison' ? [node] : node.operands.flatMap(comparisonsOf)
}
