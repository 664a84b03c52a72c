import type { ComparisonOperator } from './expression.ts'
import type { EvmFamily } from './evm-kinds.ts'
import type { StellarFamily } from './stellar-kinds.ts'

export type Family = EvmFamily | StellarFamily

type FamilyRule = {
  /** For messages: "… has the operators …". */
  readonly label: string
  readonly operators: ReadonlySet<ComparisonOperator>
}

const equality = ['==', '!='] as const
const order = [...equality, '>', '>=', '<', '<='] as const
const text = [...equality, 'contains', 'starts_with', 'ends_with'] as const
const list = [...equality, 'contains'] as const

export const familyRules: Readonly<Record<Family, FamilyRule>> = {
  unsigned: { label: 'An integer', operators: new Set(order) },
  signed: { label: 'An integer', operators: new Set(order) },
  integer: { label: 'An integer', operators: new Set(order) },
  address: { label: 'An address', operators: new Set(equality) },
  text: { label: 'Text', operators: new Set(text) },
  fixedBytes: { label: 'Text', operators: new Set(text) },
  boolean: { label: 'A boolean', operators: new Set(equality) },
  array: { label: 'A list', operators: new Set(list) },
  vec: { label: 'A vec', operators: new Set(list) },
  map: { label: 'A map', operators: new Set(list) },
  tuple: { label: 'A tuple', operators: new Set(list) },
}
