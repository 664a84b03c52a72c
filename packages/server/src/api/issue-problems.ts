import type { z } from 'zod'
import type { Problem } from '../platform/errors.ts'
import { pointerOf } from '../tenants/pointer.ts'

/** What Zod says of a body, as problems with pointers from its root. */
export function problemsOfIssue(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      code: 'unknown_field',
      message: 'This field is not known here.',
    }))
  }
  const pointer = pointerOf(issue.path)
  if (issue.code !== 'invalid_type') return [{ pointer, code: 'invalid_value', message: issue.message }]
  const isAbsent = issue.message.endsWith('received undefined')
  return [
    isAbsent
      ? { pointer, code: 'required', message: 'This field is missing.' }
      : { pointer, code: 'invalid_type', message: issue.message },
  ]
}
