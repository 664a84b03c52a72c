import { type PathPart, type Problem, type ProblemCode, toPointer } from '../config/problem.ts'
import { member } from '../config/record.ts'
import { plainText } from '../config/secret.ts'
import { isBlank } from '../config/text.ts'

/** The text of a plain secret in `field` begins with one of these. */
export function prefixed(config: unknown, field: string, prefixes: readonly string[]): Problem[] {
  const url = plainText(member(config, field))
  if (url === undefined || prefixes.some((prefix) => url.startsWith(prefix))) return []
  return [problem([field, 'value'], 'invalid_url', `must start with ${prefixes.join(' or ')} (in lower case)`)]
}

export function notBlank(value: unknown, path: readonly PathPart[]): Problem[] {
  return typeof value === 'string' && isBlank(value) ? [problem(path, 'blank', 'must not be empty or blank')] : []
}

/** A problem of the settings; `path` begins in them. */
export function problem(path: readonly PathPart[], code: ProblemCode, message: string): Problem {
  return { pointer: toPointer(['config', ...path]), code, message }
}
