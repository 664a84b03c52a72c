import type { XdrJson } from './xdr.ts'

type Path = (string | number)[]

/** Reads into JSON that came from somewhere, without trusting it: undefined where there is nothing. */
export function at(value: unknown, ...path: Path): unknown {
  return path.reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
    value,
  )
}

/** Throws when there is no list. */
export function list(value: unknown, ...path: Path): unknown[] {
  const found = at(value, ...path)
  if (!Array.isArray(found)) throw new Error(`no list at ${path.join('.')}`)
  return found
}

/** Throws when there is no text. */
export function text(value: unknown, ...path: Path): string {
  const found = at(value, ...path)
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')}`)
  return found
}

export function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('no object')
  return { ...value }
}

/** The same value, known to be JSON. */
export function json(value: unknown): XdrJson {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value
  if (Array.isArray(value)) return value.map(json)
  return Object.fromEntries(Object.entries(fieldsOf(value)).map(([name, field]) => [name, json(field)]))
}
