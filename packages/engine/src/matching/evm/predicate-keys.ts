import { type EvmFamily, evmFamilyOf } from '../../expression/evm-kinds.ts'
import type { ComparisonExpression, Expression } from '../../expression/expression.ts'
import type { CompiledExpression } from '../../expression/compile-expression.ts'
import { addressOf, lowerOf, signedOf, unsignedOf } from '../../expression/text-forms.ts'
import { createTextForms, type TextForms } from '../../expression/value-node.ts'

/**
 * Something that must hold for an expression to be true: a variable equals a value (as `keyTextOf` writes it), or is an
 * integer above or below a bound.
 */
export type PredicateKey =
  | { kind: 'equal'; variable: string; value: string }
  | { kind: 'above' | 'below'; variable: string; bound: bigint }

/** The kind of a variable, as declared; undefined when there is none of this name. */
export type KindOf = (variable: string) => string | undefined

/**
 * Keys of which at least one holds whenever the expression is true. Undefined when there are none to be had: the expression
 * must be evaluated always. Empty when it can never be true.
 */
export function predicateKeysOf(expression: CompiledExpression, kindOf: KindOf): PredicateKey[] | undefined {
  return expression.root === undefined ? [] : keysOf(expression.root, kindOf)
}

/** What an `equal` key of a variable is compared with; undefined for kinds that have no such keys. */
export function keyTextOf(kind: string, forms: TextForms): string | undefined {
  const family = evmFamilyOf(kind)
  if (family === 'address') return addressOf(forms)
  if (family === 'text') return lowerOf(forms)
  return integerOf(family, forms)?.toString()
}

/** The integer of a variable; undefined when its kind or text is none. */
export function integerOf(family: EvmFamily | undefined, forms: TextForms): bigint | undefined {
  if (family === 'unsigned') return unsignedOf(forms) ?? undefined
  if (family === 'signed') return signedOf(forms) ?? undefined
  return undefined
}

/** Of an AND any operand's keys will do, so the most selective; an OR needs those of all. */
function keysOf(expression: Expression, kindOf: KindOf): PredicateKey[] | undefined {
  if (expression.kind === 'comparison') return keysOfComparison(expression, kindOf)
  const keys = expression.operands.map((operand) => keysOf(operand, kindOf))
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

function keysOfComparison(
  { path, operator, literal }: ComparisonExpression,
  kindOf: KindOf,
): PredicateKey[] | undefined {
  const variable = path.base
  const kind = kindOf(variable)
  if (kind === undefined || path.accessors.length > 0 || literal.kind === 'boolean') return undefined
  const forms = createTextForms(literal.text)
  if (operator === '==') {
    const value = keyTextOf(kind, forms)
    return value === undefined ? undefined : [{ kind: 'equal', variable, value }]
  }
  const bound = integerOf(evmFamilyOf(kind), forms)
  if (bound === undefined) return undefined
  switch (operator) {
    case '>':
      return [{ kind: 'above', variable, bound }]
    case '>=':
      return [{ kind: 'above', variable, bound: bound - 1n }]
    case '<':
      return [{ kind: 'below', variable, bound }]
    case '<=':
      return [{ kind: 'below', variable, bound: bound + 1n }]
    case '!=':
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return undefined
  }
}
