import { keccak256 } from '../../evm/keccak.ts'

/**
 * The ABI as spec/04 §6.2 and §6.3 describe it, written once more for the tests and sharing nothing with the decoder: types
 * are read from the end, and a value is cut out of the text of the whole data.
 */
export type NaiveInput = {
  type: string
  name?: string
  indexed?: boolean | null | undefined
  components?: NaiveInput[]
}

/** A decoded value: `text` as outside of arrays and tuples, or the parts. */
export type NaiveValue = { kind: string } & ({ text: string } | { isTuple: boolean; parts: NaivePart[] })
export type NaivePart = { name: string; value: NaiveValue }

/** The data is no encoding of the inputs, or a type is not known. */
export class NaiveDecodeError extends Error {
  override readonly name = 'NaiveDecodeError'
}

export function naiveSignature(name: string, inputs: readonly NaiveInput[]): string {
  return `${name}(${inputs.map(canonical).join(',')})`
}

export function naiveTopic(name: string, inputs: readonly NaiveInput[]): string {
  const signature = naiveSignature(name, inputs)
  const topic = topics.get(signature) ?? keccak256(signature)
  topics.set(signature, topic)
  return topic
}

const topics = new Map<string, string>()

/** Topics hold these themselves, and anything else as a hash. */
export function isNaiveWord({ type }: NaiveInput): boolean {
  return /^(address|bool|function|u?int\d*|bytes\d+)$/.test(type)
}

export function areNaiveTypesKnown(inputs: readonly NaiveInput[]): boolean {
  return inputs.every(isKnown)
}

/** `hex` is without `0x`. */
export function naiveDecode(inputs: readonly NaiveInput[], hex: string): NaiveValue[] {
  const cursor = { base: 0, next: 0, level: 0 }
  if (!areNaiveTypesKnown(inputs)) throw new NaiveDecodeError('unknown type')
  return inputs.map((input) => decodeAt(input, hex, cursor))
}

export function naiveText(value: NaiveValue): string {
  if ('text' in value) return value.text
  const parts = value.parts.map(({ value: part }) => {
    const isQuoted = 'text' in part && part.kind !== 'bool' && !/^u?int/.test(part.kind)
    return isQuoted ? `"${naiveText(part)}"` : naiveText(part)
  })
  return value.isTuple ? `(${parts.join(',')})` : `[${parts.join(',')}]`
}

function canonical({ type, components }: NaiveInput): string {
  if (components === undefined || components.length === 0) return type
  return `(${components.map(canonical).join(',')})${type.replace(/^tuple/, '')}`
}

/** The type of the elements, when it is an array. */
function elementOf(input: NaiveInput): { element: NaiveInput; length: number | undefined } | undefined {
  const [, type = '', digits = ''] = /^(.*)\[(\d*)\]$/.exec(input.type) ?? []
  if (type === '') return undefined
  return { element: { ...input, type }, length: digits === '' ? undefined : Number(digits) }
}

function isKnown(input: NaiveInput): boolean {
  const array = elementOf(input)
  if (array) return array.length !== 0 && isKnown(array.element)
  return input.type === 'tuple' ? (input.components ?? []).every(isKnown) : isElementary(input.type)
}

function isElementary(type: string): boolean {
  if (['address', 'bool', 'function', 'string', 'bytes', 'uint', 'int'].includes(type)) return true
  const [, name = '', digits = ''] = /^(u?int|bytes)([1-9]\d*)$/.exec(type) ?? []
  const size = Number(digits)
  if (name === 'bytes') return size <= 32
  return name !== '' && size % 8 === 0 && size <= 256
}

function isDynamic(input: NaiveInput): boolean {
  const array = elementOf(input)
  if (array) return array.length === undefined || isDynamic(array.element)
  if (input.type === 'tuple') return (input.components ?? []).some(isDynamic)
  return input.type === 'string' || input.type === 'bytes'
}

/** The words that a value takes in the sequence it stands in. */
function wordsOf(input: NaiveInput): number {
  if (isDynamic(input)) return 1
  const array = elementOf(input)
  if (array) return (array.length ?? 0) * wordsOf(array.element)
  if (input.type === 'tuple') return (input.components ?? []).reduce((sum, component) => sum + wordsOf(component), 0)
  return 1
}

/** Where offsets start, how far the sequence is read, and how many levels deep; all in bytes. */
type Cursor = { base: number; next: number; level: number }

function decodeAt(input: NaiveInput, hex: string, cursor: Cursor): NaiveValue {
  const kind = input.type
  const array = elementOf(input)
  const content = isDynamic(input) ? follow(hex, cursor, 1) : cursor
  if (array) {
    const { element, length } = array
    if (length !== undefined) return { kind, isTuple: false, parts: decodeMany(element, length, { hex, content }) }
    const count = sizeAt(hex, content)
    if (count === 0) return { kind, isTuple: false, parts: [] }
    const elements = deeper({ base: content.base + content.next, next: 0, level: content.level }, 1)
    if (count * wordsOf(element) * 32 > hex.length / 2 - elements.base) throw new NaiveDecodeError('array too long')
    return { kind, isTuple: false, parts: decodeMany(element, count, { hex, content: elements }) }
  }
  if (kind === 'tuple') {
    const parts = (input.components ?? []).map((component) => {
      return { name: component.name ?? '', value: decodeAt(component, hex, content) }
    })
    return { kind, isTuple: true, parts }
  }
  if (kind === 'string' || kind === 'bytes') {
    const bytes = cut(hex, content, sizeAt(hex, content))
    return { kind, text: kind === 'bytes' ? `0x${bytes}` : Buffer.from(bytes, 'hex').toString('utf8') }
  }
  return { kind, text: wordText(kind, cut(hex, content, 32)) }
}

function decodeMany(element: NaiveInput, count: number, { hex, content }: { hex: string; content: Cursor }) {
  return Array.from({ length: count }, () => ({ name: '', value: decodeAt(element, hex, content) }))
}

function wordText(kind: string, word: string): string {
  if (kind === 'address') return `0x${word.slice(-40)}`
  if (kind === 'bool') return String(BigInt(`0x${word}`) !== 0n)
  if (kind === 'function') return `0x${word.slice(0, 48)}`
  if (kind.startsWith('bytes')) return `0x${word}`
  const value = BigInt(`0x${word}`)
  return (kind.startsWith('int') && value >= 2n ** 255n ? value - 2n ** 256n : value).toString()
}

function follow(hex: string, cursor: Cursor, levels: number): Cursor {
  const base = cursor.base + sizeAt(hex, cursor)
  if (base > hex.length / 2) throw new NaiveDecodeError('offset outside')
  return deeper({ base, next: 0, level: cursor.level }, levels)
}

function deeper(cursor: Cursor, levels: number): Cursor {
  const level = cursor.level + levels
  if (level > 16) throw new NaiveDecodeError('too deep')
  return { ...cursor, level }
}

function sizeAt(hex: string, cursor: Cursor): number {
  const size = BigInt(`0x${cut(hex, cursor, 32)}`)
  if (size >= 2n ** 64n) throw new NaiveDecodeError('beyond 64 bits')
  return Number(size)
}

function cut(hex: string, cursor: Cursor, length: number): string {
  const start = cursor.base + cursor.next
  if (start + length > hex.length / 2) throw new NaiveDecodeError('too short')
  cursor.next += length
  return hex.slice(start * 2, (start + length) * 2)
}
