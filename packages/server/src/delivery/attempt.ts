import type { ChannelRequest } from '../triggers/channels/channel.ts'
import type { Clock } from '../platform/clock.ts'
import type { Egress, EgressResponse } from '../platform/egress/egress.ts'
import { EgressError } from '../platform/egress/egress-error.ts'
import { namesAddress } from '../platform/egress/outbound-url.ts'

/**
 * What came of sending one request. `errorClass` is all that a tenant sees besides status and latency: it names the kind
 * of failure and never what lies behind an address (security.md, section 4). The receiver's answer is not kept.
 */
export type Attempt = {
  startedAt: Date
  latencyMs: number
  httpStatus: number | null
  /** Null when the receiver accepted. */
  errorClass: string | null
  /** Set when nothing was sent, or when nobody knows whether what was sent arrived. */
  arrival?: 'not_sent' | 'unknown'
}

/** When a failed request is worth repeating: in this round, in a later one, or not at all. */
type Repeat = 'soon' | 'later' | 'never'

export type AttemptResult =
  | { attempt: Attempt; outcome: 'delivered' }
  | { attempt: Attempt; outcome: 'failed'; repeat: Repeat; retryAfterMs: number }

export type SendDeps = { egress: Pick<Egress, 'request'>; clock: Clock }

export const requestTimeoutMs = 10_000
const answerSizeMaxBytes = 1024 * 1024
const retryAfterMaxMs = 3_600_000

/** Sends a request once. Failures of the way to the receiver are results; anything else throws. */
export async function sendOnce({ egress, clock }: SendDeps, request: ChannelRequest): Promise<AttemptResult> {
  const startedAt = clock.now()
  const attemptOf = (httpStatus: number | null, errorClass: string | null): Attempt => ({
    startedAt,
    latencyMs: Math.max(0, clock.now().getTime() - startedAt.getTime()),
    httpStatus,
    errorClass,
  })
  try {
    const response = await egress.request({ ...request, timeoutMs: requestTimeoutMs, maxBodyBytes: answerSizeMaxBytes })
    const { status } = response
    if (status >= 200 && status < 300) return { attempt: attemptOf(status, null), outcome: 'delivered' }
    const attempt = attemptOf(status, `http_${Math.floor(status / 100)}xx`)
    return {
      // A gateway that gave up waiting may have passed it on.
      attempt: status === 502 || status === 504 ? { ...attempt, arrival: 'unknown' } : attempt,
      outcome: 'failed',
      repeat: repeatOfStatus(status),
      retryAfterMs: retryAfterMsOf(response, clock.now()),
    }
  } catch (error) {
    if (!(error instanceof EgressError)) throw error
    const attempt = attemptOf(null, error.tenantCode)
    return {
      attempt: error.phase === 'request' ? { ...attempt, arrival: 'unknown' } : attempt,
      outcome: 'failed',
      repeat: repeatOfError(error, request.url),
      retryAfterMs: 0,
    }
  }
}

/** Quick repeats as in OZ Monitor (spec/02 §3.3). 410 says that the receiver is gone for good. */
function repeatOfStatus(status: number): Repeat {
  if (status === 410) return 'never'
  return status >= 500 || status === 408 || status === 425 || status === 429 ? 'soon' : 'later'
}

function repeatOfError({ code }: EgressError, url: string): Repeat {
  switch (code) {
    case 'invalid_url':
      return 'never'
    case 'blocked_address':
      // A name may resolve to something else tomorrow; and if it ended a delivery at once, tenants could find out which
      // names exist inside. An address that is written out stays what it is.
      return namesAddress(url) ? 'never' : 'soon'
    case 'dns_failure':
    case 'connect_failed':
    case 'tls_failure':
    case 'timeout':
    case 'connection_lost':
      return 'soon'
    case 'body_too_large':
    case 'invalid_response':
    case 'aborted':
      return 'later'
  }
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3) of a 429 or 503, at most an hour; anything unreadable counts as absent. */
function retryAfterMsOf({ status, headers }: EgressResponse, now: Date): number {
  const text = status === 429 || status === 503 ? headers['retry-after']?.trim() : undefined
  if (text === undefined || text === '') return 0
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime()
  return Number.isNaN(delayMs) ? 0 : Math.min(Math.max(delayMs, 0), retryAfterMaxMs)
}
