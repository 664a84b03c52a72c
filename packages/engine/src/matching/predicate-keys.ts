import type { CompiledExpression } from '../expression/compile-expression.ts'
import type { ComparisonExpression, Expression } from '../expression/expression.ts'
import type { Operand } from '../expression/operand.ts'

/**
 * Something that must hold for an expression to be true: a variable equals a value (as the chain's KeyReader writes it), or
 * is an integer above or below a bound.
 */
export type PredicateKey =
  | { kind: 'equal'; variable: string; value: string }
  | { kind: 'above' | 'below'; variable: string; bound: bigint }

/** Of one comparison, by the rules of a chain: at least one of the keys holds whenever it is true. Undefined: none to be had. */
export type KeysOfComparison = (comparison: ComparisonExpression) => PredicateKey[] | undefined

/** Brings what happened into the form in which the keys of a chain hold it. */
export type KeyReader = {
  /** Null when no `equal` key can hold for it; undefined when any may. */
  textOf(operand: Operand): string | null | undefined
  /** Undefined when it is no integer: no bound holds for it. */
  integerOf(operand: Operand): bigint | undefined
}

/**
 * Keys of which at least one holds whenever the expression is true. Undefined when there are none to be had: the expression
 * must be evaluated always. Empty when it can never be true.
 */
export function predicateKeysOf(
  expression: CompiledExpression,
  keysOfComparison: KeysOfComparison,
): PredicateKey[] | undefined {
  return expression.root === undefined ? [] : keysOf(expression.root, keysOfComparison)
}

/** Keys for several expressions of which any may be the one that holds; null is the absent one, which always does. */
export function keysOfAny(
  conditions: readonly { expression: CompiledExpression | null }[],
  keysOfComparison: KeysOfComparison,
): PredicateKey[] | undefined {
  const keys = conditions.map(({ expression }) => expression && predicateKeysOf(expression, keysOfComparison))
  const known = keys.filter((own) => own !== null && own !== undefined)
  return known.length === keys.length ? known.flat() : undefined
}

/** What no key leads to never matches: it has no place in an index, where it would be gone when another leaves. */
export function isPossible(keys: PredicateKey[] | undefined): boolean {
  return keys === undefined || keys.length > 0
}

/** The key, if any, that an order comparison with this bound gives. */
export function boundKey(
  operator: ComparisonExpression['operator'],
  variable: string,
  bound: bigint,
): PredicateKey[] | undefined {
  switch (operator) {
    case '>':
      return [{ kind: 'above', variable, bound }]
    case '>=':
      return [{ kind: 'above', variable, bound: bound - 1n }]
    case '<':
      return [{ kind: 'below', variable, bound }]
    case '<=':
      return [{ kind: 'below', variable, bound: bound + 1n }]
    case '==':
    case '!=':
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return undefined
  }
}

/** Of an AND any operand's keys will do, so the most selective; an OR needs those of all. */
function keysOf(expression: Expression, keysOfComparison: KeysOfComparison): PredicateKey[] | undefined {
  if (expression.kind === 'comparison') return keysOfComparison(expression)
  const keys = expression.operands.map((operand) => keysOf(operand, keysOfComparison))
  if (expression.kind === 'and') return keys.reduce(moreSelective, undefined)
  return keys.every((own) => own !== undefined) ? keys.flat() : undefined
}

function moreSelective(
  left: PredicateKey[] | undefined,
  right: PredicateKey[] | undefined,
): PredicateKey[] | undefined {
  return costOf(right) < costOf(left) ? right : left
}

/** A bound lets through far more than a value does. */
function costOf(keys: PredicateKey[] | undefined): number {
  if (keys === undefined) return Number.POSITIVE_INFINITY
  return keys.reduce((sum, { kind }) => sum + (kind === 'equal' ? 1 : 1_000), 0)
}
