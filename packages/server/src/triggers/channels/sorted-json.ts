import { JsonNumber, stringifyJson } from '@smt/engine'

/**
 * Compact JSON with the keys of every object in ascending order of their UTF-8 bytes (spec/02 §3.1). Written out rather
 * than by rebuilding objects: JavaScript moves keys that look like integers to the front.
 */
export function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => sortedJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return stringifyJson(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
  return `{${members.map(([key, member]) => `${stringifyJson(key)}:${sortedJson(member)}`).join(',')}}`
}
