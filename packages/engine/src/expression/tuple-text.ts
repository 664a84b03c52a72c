import { parseJsonValue } from './json-value.ts'
import { type ArrayNode, createTextForms, VALUE_DEPTH_MAX, type ValueNode } from './value-node.ts'
import { isWhitespace } from './whitespace.ts'

/**
 * Reads the text of a tuple such as `(1,"a",[2])` for searching (spec/03 §6.7). Null when it is no tuple, when an array
 * inside is not JSON, or when it is nested deeper than {@link VALUE_DEPTH_MAX}. Never throws.
 */
export function parseTupleText(text: string, depth = 0): ArrayNode | null {
  if (!isTuple(text) || depth >= VALUE_DEPTH_MAX) return null
  const elements: ValueNode[] = []
  for (const part of splitElements(text.slice(1, -1))) {
    const element = parseElement(part, depth)
    if (!element) return null
    elements.push(element)
  }
  return { type: 'array', kind: undefined, elements }
}

/** The text without the whitespace outside of quotes, which is how tuples are compared (spec/03 §6.7). */
export function normaliseTuple(text: string): string {
  const parts: string[] = []
  let quote: string | undefined
  let start = 0
  for (let position = 0; position < text.length; position += 1) {
    const character = text[position]
    if (quote === undefined && isWhitespace(text.charCodeAt(position))) {
      parts.push(text.slice(start, position))
      start = position + 1
    } else if (quote === character) quote = undefined
    else if (quote === undefined && isQuote(character)) quote = character
  }
  parts.push(text.slice(start))
  return parts.join('')
}

function parseElement(part: string, depth: number): ValueNode | null {
  if (isTuple(part)) return parseTupleText(part, depth + 1)
  const json = parseJsonValue(part)
  if (json || part.startsWith('[') || part.startsWith('{')) return json
  return { type: 'string', kind: undefined, forms: createTextForms(part) }
}

function isTuple(text: string): boolean {
  return text.length >= 2 && text.startsWith('(') && text.endsWith(')')
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'"
}

/** Splits on commas that are in no quotes and no brackets, and drops empty parts. */
function splitElements(content: string): string[] {
  const parts: string[] = []
  let quote: string | undefined
  let depth = 0
  let start = 0
  for (let position = 0; position < content.length; position += 1) {
    const character = content[position]
    if (quote !== undefined) {
      if (character === quote && content[position - 1] !== '\\') quote = undefined
    } else if (isQuote(character)) quote = character
    else if (character === '(' || character === '[' || character === '{') depth += 1
    else if (character === ')' || character === ']' || character === '}') depth = Math.max(0, depth - 1)
    else if (character === ',' && depth === 0) {
      parts.push(content.slice(start, position))
      start = position + 1
    }
  }
  parts.push(content.slice(start))
  return parts.filter((part) => part !== '')
}
