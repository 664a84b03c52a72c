import { AppError } from '../errors.ts'

/**
 * What a caller may act on: a lost or refused connection and a statement that ran out of time become 503 problems; every
 * other database error stays as it is (and ends as an internal error unless a store expects it).
 */
export function toDatabaseError(error: unknown): unknown {
  const code = sqlStateOf(error)
  if (code === undefined) return error
  if (code === '57014') return new AppError('busy', 'The database took too long.', { retryAfterS: 2, cause: error })
  // A lock that was not to be had in time, a transaction that was ended so that others go on, one that cannot be in order.
  if (code === '55P03' || code === '40P01' || code === '40001')
    return new AppError('busy', 'The object is being changed by another request.', { retryAfterS: 1, cause: error })
  if (isConnectionState(code)) {
    return new AppError('database_unavailable', 'The database cannot be reached.', { retryAfterS: 1, cause: error })
  }
  return error
}

/** The SQLSTATE (or the socket error code) of a database error. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) {
    const lost =
      error instanceof Error && /connection terminated|client has encountered a connection error/i.test(error.message)
    return lost ? '08006' : undefined
  }
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether the statement broke exactly this unique index or constraint. */
export function isViolationOf(error: unknown, constraint: string): boolean {
  return typeof error === 'object' && error !== null && 'constraint' in error && error.constraint === constraint
}

const socketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH'])

function isConnectionState(code: string): boolean {
  // Class 08 connection exceptions, 57P01–57P03 shutdowns, 53300 too many connections.
  return code.startsWith('08') || code.startsWith('57P') || code === '53300' || socketCodes.has(code)
}
