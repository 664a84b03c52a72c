import type { CompiledExpression } from '../expression/compile-expression.ts'
import { normaliseSignature } from './normalise.ts'

/** A condition without an expression accepts everything that reaches it. `index` is its place in the configuration. */
export type Condition = { index: number; expression: CompiledExpression | null }

export type TransactionCondition = Condition & { status: 'Any' | 'Success' | 'Failure' }

type SignatureCondition = { signature: string; expression?: string | null }

/** Conditions by normalised signature, in configuration order. */
export function groupConditions(
  conditions: readonly SignatureCondition[],
  compile: (condition: SignatureCondition, index: number) => Condition,
): Map<string, Condition[]> {
  const groups = new Map<string, Condition[]>()
  for (const [index, condition] of conditions.entries()) {
    const signature = normaliseSignature(condition.signature)
    const group = groups.get(signature)
    if (group) group.push(compile(condition, index))
    else groups.set(signature, [compile(condition, index)])
  }
  return groups
}

export function isAbsent<T>(value: T | null | undefined): value is null | undefined {
  return value === undefined || value === null
}
