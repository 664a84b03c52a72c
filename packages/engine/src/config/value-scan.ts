import { JsonNumber } from './json.ts'
import { type PathPart, type Problem, problemsMax, toPointer } from './problem.ts'

const depthMax = 128

type Scan = { problems: Problem[]; hasJsonNumbers: boolean }

/**
 * What no configuration may hold wherever it stands: nesting beyond 128 levels, the key `__proto__`, the character
 * U+0000 (which PostgreSQL cannot keep), and values that are not JSON. Tells also whether a JsonNumber occurs.
 */
export function scanValue(value: unknown): Scan {
  const found: Scan = { problems: [], hasJsonNumbers: false }
  scan(value, [], found)
  return found
}

function scan(value: unknown, path: PathPart[], found: Scan): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) report(found, path, 'invalid_character', 'must not contain the character U+0000')
  } else if (value === null || typeof value === 'boolean' || typeof value === 'bigint') {
    return
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) report(found, path, 'invalid_type', 'must be a JSON value')
  } else if (typeof value !== 'object') {
    report(found, path, 'invalid_type', 'must be a JSON value')
  } else if (value instanceof JsonNumber) {
    found.hasJsonNumbers = true
  } else if (path.length >= depthMax) {
    report(found, path, 'too_deep', `is nested deeper than ${depthMax} levels`)
  } else if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      path.push(index)
      scan(value[index], path, found)
      path.pop()
    }
  } else {
    scanMembers(value, path, found)
  }
}

function scanMembers(value: object, path: PathPart[], found: Scan): void {
  for (const [key, element] of Object.entries(value)) {
    path.push(key)
    if (key === '__proto__') report(found, path, 'prohibited_key', 'the key "__proto__" is not allowed')
    if (key.includes('\0')) report(found, path, 'invalid_character', 'a key must not contain the character U+0000')
    scan(element, path, found)
    path.pop()
  }
}

function report({ problems }: Scan, path: readonly PathPart[], code: Problem['code'], message: string): void {
  if (problems.length <= problemsMax) problems.push({ pointer: toPointer(path), code, message })
}
