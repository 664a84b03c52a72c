/** One thing wrong with an object, at an RFC 6901 pointer; codes are those of the engine and of the domains. */
export type Problem = {
  pointer: string
  code: string
  message: string
  /** The part of a text at the pointer, in UTF-16 units; `end` is exclusive. */
  position?: { start: number; end: number }
  hint?: string
}

/** Every error that a client can be told of, with its HTTP status (RFC 9457 problem types are made from these codes). */
const statusByCode = {
  malformed_json: 400,
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  quota_exceeded: 403,
  registration_closed: 403,
  tenant_suspended: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid_object: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  internal_error: 500,
  node_failed: 502,
  busy: 503,
  database_unavailable: 503,
} as const

export type ErrorCode = keyof typeof statusByCode

export function httpStatusOf(code: ErrorCode): number {
  return statusByCode[code]
}

export const errorCodes = Object.keys(statusByCode) as readonly ErrorCode[]

export type AppErrorOptions = {
  /** Members added to the problem document; never a secret. */
  details?: Record<string, unknown>
  retryAfterS?: number
  cause?: unknown
}

/**
 * The one error type that crosses domains. `message` is for people and is sent to clients as `detail`; whatever must not
 * be seen by a client belongs into `cause`.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError'
  readonly code: ErrorCode
  readonly details: Record<string, unknown>
  readonly retryAfterS: number | undefined

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
    this.retryAfterS = options.retryAfterS
  }
}

/** A body of 1 MiB can have hundreds of thousands. */
export const problemsListedMax = 1_000

/** An object was understood but breaks rules: its problems (of very many the first), with pointers from the root of the body. */
export class InvalidObjectError extends AppError {
  override readonly name = 'InvalidObjectError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(
      'invalid_object',
      problems.length === 1 ? '1 problem was found.' : `${problems.length} problems were found.`,
      { details: { errors: problems.slice(0, problemsListedMax) } },
    )
    this.problems = problems
  }
}

export class NotFoundError extends AppError {
  override readonly name = 'NotFoundError'

  constructor(what: string, cause?: unknown) {
    super('not_found', `${what} was not found.`, { cause })
  }
}

export class QuotaExceededError extends AppError {
  override readonly name = 'QuotaExceededError'

  /** `pointer`: what of the body asks for too much. */
  constructor({ pointer, ...data }: { quota: string; limit: number; used: number; pointer?: string | undefined }) {
    super('quota_exceeded', `The quota ${data.quota} is used up: ${data.used} of ${data.limit}.`, {
      details: { ...data, ...(pointer === undefined ? {} : { pointer }) },
    })
  }
}

/** Ends an exhaustive switch; reaching it is a programming error. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${String(value)}`)
}
