import { type Comparator, compareUnsupported, type KindTable } from './operand.ts'
import {
  compareMap,
  compareStellarAddress,
  compareStellarBoolean,
  compareStellarText,
  compareVec,
} from './stellar-comparators.ts'
import {
  compareOzWide,
  createOzNativeComparator,
  createStellarIntegerComparator,
  stellarElementRange,
  stellarRanges,
} from './stellar-integers.ts'
import { isStrkey } from '../stellar/strkey.ts'
import type { ValueNode } from './value-node.ts'

/** OZ Monitor's kinds exactly (spec/03 §7). */
export const ozStellarKinds: KindTable = createKinds((kind, range) =>
  kind.endsWith('256') ? compareOzWide : createOzNativeComparator(range),
)

/** All integers have the same literals and operators (spec/03 §11.6, §11.12). */
export const productStellarKinds: KindTable = {
  ...createKinds((_kind, range) => createStellarIntegerComparator(range)),
  comparatorOfElement: createElementComparatorOf(),
}

export type StellarFamily = 'integer' | 'boolean' | 'text' | 'vec' | 'map'

/** `Vec<U32>` is a `vec`: the kind is cut at the first `<`. */
export function stellarKindOf(kind: string): string {
  const end = kind.indexOf('<')
  return (end < 0 ? kind : kind.slice(0, end)).toLowerCase()
}

export function stellarFamilyOf(kind: string): StellarFamily | undefined {
  const name = stellarKindOf(kind)
  return stellarRanges.has(name) ? 'integer' : families.get(name)
}

const families: ReadonlyMap<string, StellarFamily> = new Map([
  ['bool', 'boolean'],
  ['string', 'text'],
  ['symbol', 'text'],
  ['bytes', 'text'],
  ['address', 'text'],
  ['vec', 'vec'],
  ['map', 'map'],
])

function createKinds(integerComparator: (kind: string, range: { min: bigint; max: bigint }) => Comparator): KindTable {
  const comparators = new Map<string, Comparator>([
    ...[...stellarRanges].map(([kind, range]): [string, Comparator] => [kind, integerComparator(kind, range)]),
    ['bool', compareStellarBoolean],
    ['string', compareStellarText],
    ['symbol', compareStellarText],
    ['bytes', compareStellarText],
    ['address', compareStellarAddress],
    ['vec', compareVec],
    ['map', compareMap],
  ])
  const comparatorOf = (kind: string) => comparators.get(stellarKindOf(kind)) ?? compareUnsupported
  return { comparatorOf, comparatorOfElement: comparatorOf, kindOfJson, readsStructure: false }
}

function createElementComparatorOf(): KindTable['comparatorOf'] {
  const compareElement = createStellarIntegerComparator(stellarElementRange)
  return (kind) => (kind === 'U64' || kind === 'I64' ? compareElement : productStellarKinds.comparatorOf(kind))
}

function kindOfJson(node: ValueNode): string {
  switch (node.type) {
    case 'string':
      return isStrkey(node.forms.text) ? 'Address' : 'String'
    case 'number':
      return kindOfNumber(node.forms.text)
    case 'boolean':
      return 'Bool'
    case 'array':
    case 'tuple':
      return 'Vec'
    case 'object':
      return 'Map'
    case 'null':
      return 'Null'
  }
}

function kindOfNumber(text: string): 'U64' | 'I64' | 'F64' {
  if (/[.eE]/.test(text)) return 'F64'
  return /^[0-9]{1,20}$/.test(text) && BigInt(text) < 2n ** 64n ? 'U64' : 'I64'
}
