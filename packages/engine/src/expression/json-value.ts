import { createTextForms, type ScalarNode, VALUE_DEPTH_MAX, type ValueNode } from './value-node.ts'

/**
 * Reads strict JSON with the exact digits of numbers; the last of repeated keys wins (spec/03 §6.3). Null when the text is
 * not JSON or is nested deeper than {@link VALUE_DEPTH_MAX}. Never throws.
 */
export function parseJsonValue(text: string): ValueNode | null {
  const reader = { text, position: 0 }
  const value = readValue(reader, 0)
  skipBlank(reader)
  return reader.position === text.length ? value : null
}

/** Compact JSON with keys sorted by code point (spec/03 §5). A tuple has no JSON form and prints as an array. */
export function printJsonValue(node: ValueNode): string {
  switch (node.type) {
    case 'string':
      return JSON.stringify(node.forms.text)
    case 'number':
    case 'boolean':
    case 'null':
      return node.forms.text
    case 'array':
    case 'tuple':
      return `[${node.elements.map(printJsonValue).join(',')}]`
    case 'object': {
      const members = [...node.members].toSorted(([left], [right]) => compareCodePoints(left, right))
      return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${printJsonValue(member)}`).join(',')}}`
    }
  }
}

type Reader = { readonly text: string; position: number }

function readValue(reader: Reader, depth: number): ValueNode | null {
  skipBlank(reader)
  switch (reader.text[reader.position]) {
    case undefined:
      return null
    case '"': {
      const text = readString(reader)
      return text === null ? null : createScalar('string', text)
    }
    case '[':
      return depth < VALUE_DEPTH_MAX ? readArray(reader, depth + 1) : null
    case '{':
      return depth < VALUE_DEPTH_MAX ? readObject(reader, depth + 1) : null
    default:
      return readWord(reader)
  }
}

function readArray(reader: Reader, depth: number): ValueNode | null {
  const elements: ValueNode[] = []
  reader.position += 1
  if (takeAfterBlank(reader, ']')) return { type: 'array', kind: undefined, elements }
  do {
    const element = readValue(reader, depth)
    if (!element) return null
    elements.push(element)
  } while (takeAfterBlank(reader, ','))
  return takeAfterBlank(reader, ']') ? { type: 'array', kind: undefined, elements } : null
}

function readObject(reader: Reader, depth: number): ValueNode | null {
  const members = new Map<string, ValueNode>()
  reader.position += 1
  if (takeAfterBlank(reader, '}')) return { type: 'object', members }
  do {
    skipBlank(reader)
    const key = reader.text[reader.position] === '"' ? readString(reader) : null
    if (key === null || !takeAfterBlank(reader, ':')) return null
    const member = readValue(reader, depth)
    if (!member) return null
    members.set(key, member)
  } while (takeAfterBlank(reader, ','))
  return takeAfterBlank(reader, '}') ? { type: 'object', members } : null
}

/** A loop and no pattern: the stack of the pattern engine is limited too. */
function readString(reader: Reader): string | null {
  const { text } = reader
  const start = reader.position
  let hasEscapes = false
  for (let position = start + 1; position < text.length; position += 1) {
    const code = text.charCodeAt(position)
    if (code === 0x22) {
      reader.position = position + 1
      return hasEscapes ? unescape(text.slice(start, position + 1)) : text.slice(start + 1, position)
    }
    if (code < 0x20) return null
    if (code !== 0x5c) continue
    hasEscapes = true
    position += 1
  }
  return null
}

function unescape(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal)
    // Half a surrogate pair is no character for the original.
    return typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : null
  } catch {
    // The escapes are wrong, so the text is not JSON: that is what null says.
    return null
  }
}

const words = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

function readWord(reader: Reader): ScalarNode | null {
  words.lastIndex = reader.position
  const word = words.exec(reader.text)?.[0]
  if (word === undefined) return null
  reader.position += word.length
  if (word === 'null') return createScalar('null', word)
  return createScalar(word === 'true' || word === 'false' ? 'boolean' : 'number', word)
}

function createScalar(type: ScalarNode['type'], text: string): ScalarNode {
  return { type, kind: undefined, forms: createTextForms(text) }
}

function skipBlank(reader: Reader): void {
  const { text } = reader
  let code = text.charCodeAt(reader.position)
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
    reader.position += 1
    code = text.charCodeAt(reader.position)
  }
}

function takeAfterBlank(reader: Reader, character: string): boolean {
  skipBlank(reader)
  if (reader.text[reader.position] !== character) return false
  reader.position += 1
  return true
}

/** UTF-16 order differs from code point order where a surrogate meets a character above the surrogates. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index += 1) {
    if (left[index] === right[index]) continue
    return (left.codePointAt(index) ?? 0) - (right.codePointAt(index) ?? 0)
  }
  return left.length - right.length
}
