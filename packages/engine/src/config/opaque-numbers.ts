import { JsonNumber } from './json.ts'

const number = Symbol('a number kept as digits')

/**
 * A view of `value` for schemas and rules in which each JsonNumber is a symbol: it is an object in JavaScript, and a
 * schema whose fields are all optional would take it for one. `value` itself when it holds none.
 */
export function withOpaqueNumbers(value: unknown): unknown {
  if (value instanceof JsonNumber) return number
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const elements = value.map(withOpaqueNumbers)
    return elements.some((element, index) => element !== value[index]) ? elements : value
  }
  const entries = Object.entries(value)
  const opaque = entries.map(([key, part]): [string, unknown] => [key, withOpaqueNumbers(part)])
  return opaque.some(([, part], index) => part !== entries[index]?.[1]) ? Object.fromEntries(opaque) : value
}
