import type { z } from 'zod'
import { type PathPart, type Problem, type ProblemCode, problemsMax, toPointer } from './problem.ts'
import { isRecord } from './record.ts'

type Issue = z.core.$ZodIssue
// More than is reported, so that the reader learns that the list is not complete.
const enough = problemsMax + 1

type Finding = { path: readonly PathPart[]; code: ProblemCode; message: string }

/**
 * Turns what a schema found wrong with `value` (in which numbers kept as digits are symbols) into problems. Messages never hold a value of the document, only names
 * of fields. Of a union only the form that fits best is reported.
 */
export function shapeProblems(value: unknown, issues: readonly Issue[]): Problem[] {
  const problems = new Map<string, Problem>()
  for (const issue of issues.slice(0, enough)) {
    for (const { path, code, message } of findings(value, issue, [])) {
      const pointer = toPointer(path)
      problems.set(`${pointer} ${code}`, { pointer, code, message })
    }
  }
  return [...problems.values()]
}

function findings(root: unknown, issue: Issue, prefix: readonly PathPart[]): Finding[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  const place = locate(root, path)
  const hasOwnMessage = !/^(?:Invalid|Unrecognized|Too|Unexpected)/.test(issue.message)
  if (!place.exists) {
    return [{ path, code: 'required', message: 'is required' }]
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, enough).map((key) => ({
        path: [...path, key],
        code: 'unknown_field' as const,
        message: `the field ${JSON.stringify(key)} is not known here`,
      }))
    case 'invalid_type': {
      const message = `must be ${article(issue.expected)}, not ${kindOf(place.value)}`
      return [{ path, code: 'invalid_type', message: hasOwnMessage ? issue.message : message }]
    }
    case 'invalid_value': {
      if (typeof place.value !== 'string') {
        return [{ path, code: 'invalid_type', message: `must be a string, not ${kindOf(place.value)}` }]
      }
      const values = issue.values.map((allowed) => `"${String(allowed)}"`).join(', ')
      const message = `must be ${issue.values.length > 1 ? 'one of ' : ''}${values} (in exactly these letters)`
      return [{ path, code: 'invalid_value', message: hasOwnMessage ? issue.message : message }]
    }
    case 'invalid_union':
      return unionFindings(root, issue, { path, hasOwnMessage })
    case 'too_small':
      return [{ path, code: 'too_short', message: hasOwnMessage ? issue.message : 'has too few elements' }]
    case 'too_big':
      return [{ path, code: 'too_long', message: hasOwnMessage ? issue.message : 'has too many elements' }]
    case 'custom':
      return [{ path, ...customFinding(issue, place.value) }]
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return [{ path, code: 'invalid_format', message: hasOwnMessage ? issue.message : 'has not the right form' }]
  }
}

function unionFindings(
  root: unknown,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  { path, hasOwnMessage }: { path: readonly PathPart[]; hasOwnMessage: boolean },
): Finding[] {
  const fitting = issue.errors.filter((branch) => !branch.some(isAboutTheWhole)).toSorted(byFit)[0]
  if (fitting) return fitting.slice(0, enough).flatMap((inner) => findings(root, inner, path))
  const code = 'discriminator' in issue ? 'invalid_value' : 'invalid_shape'
  return [{ path, code, message: hasOwnMessage ? issue.message : 'has none of the allowed forms' }]
}

/** The form a value was meant to have is the one whose faults lie deepest, then the one with fewest. */
function byFit(a: readonly Issue[], b: readonly Issue[]): number {
  return depthOf(b) - depthOf(a) || a.length - b.length
}

function depthOf(branch: readonly Issue[]): number {
  return branch.reduce((depth, { path }) => Math.min(depth, path.length), Infinity)
}

function isAboutTheWhole(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
}

function customFinding(
  issue: Extract<Issue, { code: 'custom' }>,
  value: unknown,
): { code: ProblemCode; message: string } {
  const code = issue.params?.code
  if (code === 'out_of_range' && typeof value !== 'number' && typeof value !== 'bigint') {
    return { code: 'invalid_type', message: issue.message }
  }
  return { code: isCustomCode(code) ? code : 'invalid_value', message: issue.message }
}

const customCodes = [
  'out_of_range',
  'invalid_cron',
  'invalid_email',
  'invalid_shape',
  'invalid_type',
  'too_long',
  'unknown_field',
] as const satisfies readonly ProblemCode[]

function isCustomCode(code: unknown): code is (typeof customCodes)[number] {
  return customCodes.some((known) => known === code)
}

type Place = { exists: boolean; value: unknown }

function locate(root: unknown, path: readonly PathPart[]): Place {
  let value = root
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number' && part < value.length) value = value[part]
    else if (isRecord(value) && Object.hasOwn(value, part)) value = value[part]
    else return { exists: false, value: undefined }
  }
  return { exists: true, value }
}

function article(expected: string): string {
  if (expected === 'object' || expected === 'record') return 'an object'
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'symbol') return 'a number'
  return article(typeof value)
}
