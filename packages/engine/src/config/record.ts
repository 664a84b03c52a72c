/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own member of an object; undefined when there is none or `value` is no object. */
export function member(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** The elements of an array; none when `value` is no array. */
export function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
