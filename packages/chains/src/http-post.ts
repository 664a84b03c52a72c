import { z } from 'zod'
import type { RpcErrorCode } from './rpc-error.ts'

/**
 * Sends one HTTP POST and answers whatever status came back, redirects included, with the whole body as text.
 *
 * It gives up after `timeoutMs` milliseconds, on a body above `maxBodyBytes` bytes and when `signal` is aborted, and may
 * then throw any Error. When that error has a string `tenantCode`, `timeout` and `body_too_large` are told apart from the
 * rest, which all count as unreachable.
 */
export type HttpPost = (request: {
  url: string
  headers: Record<string, string>
  body: string
  timeoutMs: number
  maxBodyBytes: number
  signal?: AbortSignal | undefined
}) => Promise<{ status: number; headers: Record<string, string>; body: string }>

const failureSchema = z.object({ tenantCode: z.string() })

/** Which error code stands for what a `HttpPost` threw. */
export function postFailureCode(error: unknown): RpcErrorCode {
  const failure = failureSchema.safeParse(error)
  if (failure.data?.tenantCode === 'timeout') return 'timeout'
  if (failure.data?.tenantCode === 'body_too_large') return 'too_large'
  return 'unreachable'
}
