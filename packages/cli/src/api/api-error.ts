import { z } from 'zod'

/** One problem of a refused object; the pointer begins at the root of the request. */
export type ApiProblem = { pointer: string; code: string; message: string }

/**
 * The server refused a request or could not be asked. `isUnknown`: a write may or may not have happened, because no
 * answer arrived.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number | undefined
  readonly code: string
  readonly problems: readonly ApiProblem[]
  readonly isUnknown: boolean

  constructor(
    message: string,
    {
      status,
      code,
      problems = [],
      isUnknown = false,
    }: Partial<Pick<ApiError, 'status' | 'problems' | 'isUnknown'>> & {
      code: string
    },
  ) {
    super(message)
    this.status = status
    this.code = code
    this.problems = problems
    this.isUnknown = isUnknown
  }
}

const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })).default([]),
})

/** The error of an answer outside 2xx; the server's problem documents hold no secrets. */
export function errorOfAnswer(status: number, body: unknown): ApiError {
  const parsed = problemSchema.safeParse(body)
  if (!parsed.success)
    return new ApiError(`The server answered with status ${status}.`, { status, code: 'http_status' })
  const { code, detail, errors } = parsed.data
  return new ApiError(`${detail} (${status} ${code})`, { status, code, problems: errors })
}
