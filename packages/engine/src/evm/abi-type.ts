/** What matters of a parameter in a JSON ABI; event inputs are no different. */
export type AbiParameter = { type: string; name?: string; components?: AbiParameter[] }

export type AbiWordKind = 'address' | 'bool' | 'uint' | 'int' | 'fixedBytes' | 'function'

/**
 * How a value is encoded. `name` is the type as an ABI writes it, with `tuple` for structs; the decoder itself is lenient
 * about the widths in it (spec/04 §6.2). `headWords` is the room in the sequence that holds the value: the value itself, or
 * one offset when it is dynamic.
 */
export type AbiType = { name: string; isDynamic: boolean; headWords: number } & (
  | { kind: AbiWordKind }
  | { kind: 'bytes' | 'string' }
  | { kind: 'array'; element: AbiType }
  | { kind: 'fixedArray'; element: AbiType; length: number }
  | { kind: 'tuple'; members: AbiMember[] }
)

/** A field of a struct; the name is empty where the ABI has none. */
export type AbiMember = { name: string; type: AbiType }

/** Bounds the recursion over types that a tenant wrote; the decoder itself stops at 16 levels. */
const DEPTH_MAX = 64

/** The type of an ABI parameter; undefined for a type the decoder does not know (names of one's own, `fixed…`). */
export function parseAbiType(parameter: AbiParameter): AbiType | undefined {
  return parseParameter(parameter, 0)
}

/** The type as it stands in a signature: tuples expanded to parentheses, anything else as written. */
export function canonicalType({ type, components = [] }: AbiParameter): string {
  if (components.length === 0) return type
  return `(${components.map(canonicalType).join(',')})${type.slice('tuple'.length)}`
}

/** Whether topics hold the value itself; anything else is represented by its hash. */
export function isWord(type: AbiType): boolean {
  return type.kind in wordPatterns
}

function parseParameter({ type, components = [] }: AbiParameter, depth: number): AbiType | undefined {
  if (components.length === 0) return parseText(type)
  if (depth > DEPTH_MAX || !type.startsWith('tuple')) return undefined
  const members: AbiMember[] = []
  for (const component of components) {
    const member = parseParameter(component, depth + 1)
    if (member === undefined) return undefined
    members.push({ name: component.name ?? '', type: member })
  }
  return withArrays(tuple(members), type.slice('tuple'.length), depth)
}

function parseText(text: string): AbiType | undefined {
  const { type, end } = parseAt(text, { start: 0, depth: 0 })
  return end === text.length ? type : undefined
}

type Parsed = { type: AbiType | undefined; end: number }

const NOTHING: Parsed = { type: undefined, end: -1 }

function parseAt(text: string, { start, depth }: { start: number; depth: number }): Parsed {
  if (depth > DEPTH_MAX) return NOTHING
  const opening = /(?:tuple)?\(|[a-z]+[0-9]*/y
  opening.lastIndex = start
  const token = opening.exec(text)?.[0]
  if (token === undefined) return NOTHING
  const { type, end } = token.endsWith('(')
    ? parseMembers(text, { start: opening.lastIndex, depth })
    : { type: elementary(token), end: opening.lastIndex }
  if (type === undefined) return NOTHING
  const suffix = /(?:\[[0-9]*\])*/y
  suffix.lastIndex = end
  const arrays = suffix.exec(text)?.[0] ?? ''
  return { type: withArrays(type, arrays, depth), end: end + arrays.length }
}

function parseMembers(text: string, { start, depth }: { start: number; depth: number }): Parsed {
  if (text[start] === ')') return { type: tuple([]), end: start + 1 }
  const members: AbiMember[] = []
  let position = start
  for (;;) {
    const { type, end } = parseAt(text, { start: position, depth: depth + 1 })
    if (type === undefined) return NOTHING
    members.push({ name: '', type })
    if (text[end] === ')') return { type: tuple(members), end: end + 1 }
    if (text[end] !== ',') return NOTHING
    position = end + 1
  }
}

function withArrays(type: AbiType, suffix: string, depth: number): AbiType | undefined {
  if (!/^(?:\[[0-9]*\])*$/.test(suffix)) return undefined
  const lengths = [...suffix.matchAll(/\[([0-9]*)\]/g)].map(([, digits = '']) => digits)
  if (depth + lengths.length > DEPTH_MAX) return undefined
  let result = type
  for (const digits of lengths) {
    const length = Number(digits)
    if (digits === '') {
      result = { kind: 'array', name: `${result.name}[]`, element: result, isDynamic: true, headWords: 1 }
    } else if (length === 0) return undefined
    else result = fixedArray(result, length)
  }
  return result
}

const wordPatterns: Record<AbiWordKind, RegExp> = {
  address: /^address$/,
  bool: /^bool$/,
  uint: /^uint(?:[1-9][0-9]*)?$/,
  int: /^int(?:[1-9][0-9]*)?$/,
  fixedBytes: /^bytes(?:[1-9]|[12][0-9]|3[0-2])$/,
  function: /^function$/,
}

const wordKinds: AbiWordKind[] = ['address', 'bool', 'uint', 'int', 'fixedBytes', 'function']

function elementary(name: string): AbiType | undefined {
  if (name === 'bytes' || name === 'string') return { kind: name, name, isDynamic: true, headWords: 1 }
  const kind = wordKinds.find((candidate) => wordPatterns[candidate].test(name))
  if (kind === undefined) return undefined
  const bits = kind === 'uint' || kind === 'int' ? Number(/[0-9]+$/.exec(name)?.[0] ?? 256) : 256
  return bits % 8 === 0 && bits <= 256 ? { kind, name, isDynamic: false, headWords: 1 } : undefined
}

function fixedArray(element: AbiType, length: number): AbiType {
  const { isDynamic } = element
  const headWords = isDynamic ? 1 : element.headWords * length
  return { kind: 'fixedArray', name: `${element.name}[${length}]`, element, length, isDynamic, headWords }
}

function tuple(members: AbiMember[]): AbiType {
  const isDynamic = members.some(({ type }) => type.isDynamic)
  const headWords = isDynamic ? 1 : members.reduce((total, { type }) => total + type.headWords, 0)
  return { kind: 'tuple', name: 'tuple', members, isDynamic, headWords }
}
