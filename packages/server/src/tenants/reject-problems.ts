import { AppError, InvalidObjectError, type Problem } from '../platform/errors.ts'

/** Throws unless there are none. When only the id is taken the object itself is right: a conflict, not a mistake. */
export function rejectProblems(problems: readonly Problem[]): void {
  const [first] = problems
  if (first === undefined) return
  if (problems.length === 1 && first.code === 'duplicate_id') throw new AppError('conflict', first.message)
  throw new InvalidObjectError(problems)
}
