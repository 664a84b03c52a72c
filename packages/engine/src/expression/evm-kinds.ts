import {
  compareBoolean,
  compareLowerCase,
  createAddressComparator,
  createArrayComparator,
  createFixedBytesComparator,
  createIntegerComparator,
  createTupleComparator,
} from './evm-comparators.ts'
import { fixedBytesSize } from './fixed-bytes.ts'
import { type Comparator, compareUnsupported, type KindTable } from './operand.ts'
import { addressOf, eitherOf, ozAddressOf, signedOf, unsignedOf } from './text-forms.ts'
import type { ValueNode } from './value-node.ts'
import { isAddressText } from './value-search.ts'

const compareUnsigned = createIntegerComparator(unsignedOf)
const compareSigned = createIntegerComparator(signedOf)
const compareEither = createIntegerComparator(eitherOf)

/** The declared kind of a product parameter in lower case, as a family; undefined when nothing can be compared. */
export type EvmFamily = 'unsigned' | 'signed' | 'address' | 'text' | 'fixedBytes' | 'boolean' | 'array' | 'tuple'

export function evmFamilyOf(kind: string): EvmFamily | undefined {
  const lower = kind.toLowerCase()
  if (lower.endsWith(']') || lower === 'array') return 'array'
  if (lower === 'number') return 'unsigned'
  const [, unsigned, width] = /^(u?)int([0-9]{1,3})$/.exec(lower) ?? []
  if (width !== undefined) {
    const isWidth = Number(width) % 8 === 0 && Number(width) >= 8 && Number(width) <= 256 && !width.startsWith('0')
    if (!isWidth) return undefined
    return unsigned === 'u' ? 'unsigned' : 'signed'
  }
  if (fixedBytesSize(lower) !== undefined) return 'fixedBytes'
  return otherFamilies.get(lower)
}

const otherFamilies: ReadonlyMap<string, EvmFamily> = new Map([
  ['address', 'address'],
  ['string', 'text'],
  ['bytes', 'text'],
  ['bytes32', 'text'],
  ['function', 'text'],
  ['bool', 'boolean'],
  ['tuple', 'tuple'],
])

/** Classified once; any other kind is classified whenever it is met. */
const commonKinds = Array.from({ length: 32 }, (_, index) => index + 1)
  .flatMap((size) => [`uint${8 * size}`, `int${8 * size}`, `bytes${size}`])
  .concat('address', 'string', 'bytes', 'bool', 'tuple', 'uint256[]', 'address[]', 'tuple[]')

const ozWidths = ['8', '16', '32', '64', '128', '256']
const ozArrayElements = ['string', 'address', 'bool', 'bytes', 'bytes32', 'tuple']

/** OZ Monitor's kinds exactly (spec/03 §6). */
export const ozEvmKinds: KindTable = createOzKinds()

/** Every kind of the ABI can be compared (spec/03 §11.1, §11.6, §11.7, §11.14). */
export const productEvmKinds: KindTable = createProductKinds()

/** Whether OZ Monitor can compare a parameter of this kind at all. */
export function isOzEvmKind(kind: string): boolean {
  return ozEvmKinds.comparatorOf(kind) !== compareUnsupported
}

function createOzKinds(): KindTable {
  const array = createArrayComparator(ozAddressOf)
  const integers = ozWidths.flatMap((width) => [`uint${width}`, `int${width}`])
  const comparators = new Map<string, Comparator>([
    ...integers.map((kind): [string, Comparator] => [kind, kind.startsWith('u') ? compareUnsigned : compareSigned]),
    ...[...integers, ...ozArrayElements].map((kind): [string, Comparator] => [`${kind}[]`, array]),
    ['number', compareUnsigned],
    ['array', array],
    ['address', createAddressComparator(ozAddressOf)],
    ['string', compareLowerCase],
    ['bytes', compareLowerCase],
    ['bytes32', compareLowerCase],
    ['bool', compareBoolean],
    ['tuple', createTupleComparator(ozAddressOf)],
  ])
  const comparatorOf = (kind: string) => comparators.get(kind.toLowerCase()) ?? compareUnsupported
  return { comparatorOf, comparatorOfElement: comparatorOf, kindOfJson, readsStructure: false }
}

function createProductKinds(): KindTable {
  const fixedBytes = Array.from({ length: 32 }, (_, size) => createFixedBytesComparator(size))
  const comparators: Record<Exclude<EvmFamily, 'fixedBytes'>, Comparator> = {
    unsigned: compareUnsigned,
    signed: compareSigned,
    address: createAddressComparator(addressOf),
    text: compareLowerCase,
    boolean: compareBoolean,
    array: createArrayComparator(addressOf),
    tuple: createTupleComparator(addressOf),
  }
  const classify = (kind: string): Comparator => {
    const family = evmFamilyOf(kind)
    if (family === undefined) return compareUnsupported
    if (family !== 'fixedBytes') return comparators[family]
    return fixedBytes[fixedBytesSize(kind) ?? 0] ?? compareUnsupported
  }
  const known = new Map(commonKinds.map((kind) => [kind, classify(kind)]))
  const comparatorOf = (kind: string): Comparator => known.get(kind) ?? classify(kind)
  const comparatorOfElement = (kind: string): Comparator => {
    const comparator = comparatorOf(kind)
    return comparator === compareUnsigned ? compareEither : comparator
  }
  return { comparatorOf, comparatorOfElement, kindOfJson, readsStructure: true }
}

function kindOfJson(node: ValueNode): string {
  switch (node.type) {
    case 'string':
      return kindOfText(node.forms.text)
    case 'number':
      return isNegative64(node.forms.text) ? 'int64' : 'number'
    case 'boolean':
      return 'bool'
    case 'object':
      return 'map'
    case 'array':
    case 'tuple':
    case 'null':
      return node.type
  }
}

function kindOfText(text: string): string {
  if (isAddressText(text)) return 'address'
  if (!/^0[xX][0-9a-fA-F]*$/.test(text)) return 'string'
  return text.length === 66 ? 'bytes32' : 'bytes'
}

/** `-0` too: it is a signed zero, and no unsigned integer. */
function isNegative64(text: string): boolean {
  return /^-[0-9]{1,19}$/.test(text) && BigInt(text) >= -(2n ** 63n)
}
