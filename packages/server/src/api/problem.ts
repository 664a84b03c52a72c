import { JsonSyntaxError } from '@smt/engine'
import { AppError, httpStatusOf, type ErrorCode } from '../platform/errors.ts'

/** An RFC 9457 problem, ready to be sent. */
export type ProblemReply = {
  status: number
  body: Record<string, unknown>
  headers: Record<string, string>
  /** Whether the operator should hear of it: nothing that a client did. */
  isUnexpected: boolean
}

export const problemMediaType = 'application/problem+json; charset=utf-8'

export const problemTitles = {
  malformed_json: 'The body is not JSON',
  invalid_request: 'The request is not valid',
  unauthenticated: 'No valid credential',
  forbidden: 'Not allowed',
  quota_exceeded: 'The quota is used up',
  registration_closed: 'Registration is closed',
  tenant_suspended: 'The tenant is suspended',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed',
  conflict: 'Conflict',
  precondition_failed: 'The object has another version',
  payload_too_large: 'The body is too large',
  unsupported_media_type: 'The body is not application/json',
  invalid_object: 'The object has problems',
  idempotency_key_reused: 'The Idempotency-Key was used before',
  rate_limited: 'Too many requests',
  internal_error: 'Internal error',
  node_failed: 'The chain node gave no usable answer',
  busy: 'Busy',
  database_unavailable: 'The database is not available',
} as const satisfies Record<ErrorCode, string>

/** What a client is told of an error: an AppError speaks for itself, everything else is an internal error. */
export function toProblem(error: unknown, requestId: string): ProblemReply {
  const known = toAppError(error)
  const status = httpStatusOf(known.code)
  return {
    status,
    body: {
      type: `urn:smt:problem:${known.code}`,
      title: problemTitles[known.code],
      status,
      code: known.code,
      detail: known.message,
      ...known.details,
      request_id: requestId,
    },
    headers: {
      ...(known.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
      ...(known.retryAfterS === undefined ? {} : { 'retry-after': String(known.retryAfterS) }),
    },
    // What a tenant's node says is the tenant's affair.
    isUnexpected: status >= 500 && known.code !== 'node_failed',
  }
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (error instanceof JsonSyntaxError) return malformedJson(error)
  return frameworkError(error) ?? new AppError('internal_error', 'Something went wrong here.', { cause: error })
}

function malformedJson(error: JsonSyntaxError): AppError {
  const { message, position } = error
  return new AppError('malformed_json', `${message}.`, {
    details: position === undefined ? {} : { position },
    cause: error,
  })
}

/** Errors of Fastify itself about the request. */
function frameworkError(cause: unknown): AppError | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || !('statusCode' in cause)) return undefined
  const { code, statusCode } = cause
  if (typeof code !== 'string' || !code.startsWith('FST_') || typeof statusCode !== 'number') return undefined
  if (statusCode === 413) return new AppError('payload_too_large', 'A body has at most 1 MiB.', { cause })
  if (statusCode === 415) return new AppError('unsupported_media_type', 'Send application/json.', { cause })
  if (statusCode >= 400 && statusCode < 500)
    return new AppError('invalid_request', 'The request is malformed.', { cause })
  return undefined
}
