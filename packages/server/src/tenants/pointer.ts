import type { Problem } from '../platform/errors.ts'

/** A JSON pointer (RFC 6901) of the given path. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Problems of a part, as problems of the whole. */
export function below(prefix: string, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, pointer: prefix + problem.pointer }))
}
