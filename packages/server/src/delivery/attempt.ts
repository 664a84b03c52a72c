import type { ChannelEgress, Partly, PreparedMessage, Repeat } from '../triggers/channels/channel.ts'
import type { Clock } from '../platform/clock.ts'
import { EgressError } from '../platform/egress/egress-error.ts'
import { failLate, type Rest } from '../platform/egress/fail-late.ts'
import { hasAccepted } from '../triggers/channels/recipient-states.ts'
import type { SentMessage } from '../triggers/channels/sent-message.ts'

/**
 * What came of sending one request. `errorClass` is all that a tenant sees besides status and latency: it names the kind
 * of failure and never what lies behind an address (security.md, section 4). The receiver's answer is not kept.
 */
export type Attempt = {
  startedAt: Date
  /** 0 when nobody was reached. */
  latencyMs: number
  httpStatus: number | null
  /** Null when the receiver accepted, unless it refused some recipients for good (`isDelivered`). */
  errorClass: string | null
  isDelivered?: true
  /** Some recipients accepted, by now: what it says of the others says nothing of the receiver. */
  isPartly?: true
  /** Set when nothing was sent, or when nobody knows whether what was sent arrived. */
  arrival?: 'not_sent' | 'unknown'
}

export type AttemptResult =
  | { attempt: Attempt; outcome: 'delivered'; sent: SentMessage | undefined; partly: Partly | undefined }
  | { attempt: Attempt; outcome: 'failed'; repeat: Repeat; retryAfterMs: number; partly?: Partly | undefined }

export function wasDelivered({ errorClass, isDelivered }: Attempt): boolean {
  return errorClass === null || isDelivered === true
}

export type SendDeps = { egress: ChannelEgress; clock: Clock }

/**
 * Sends a message once. Failures of the way to the receiver are results; anything else throws. Who could not be reached is
 * known only when the time for an answer is over; until then it waits with `rest`.
 */
export async function sendOnce(
  { egress, clock }: SendDeps,
  message: PreparedMessage,
  rest: Rest = clock.sleep,
): Promise<AttemptResult> {
  const startedAt = clock.now()
  const attemptOf = (httpStatus: number | null, errorClass: string | null): Attempt => ({
    startedAt,
    latencyMs: Math.max(0, clock.now().getTime() - startedAt.getTime()),
    httpStatus,
    errorClass,
  })
  try {
    const { timeoutMs } = message
    const verdict = await failLate(() => message.send(egress, clock), { clock, timeoutMs, rest })
    const { outcome, status, partly } = verdict
    if (outcome === 'delivered') {
      const attempt = attemptOf(status, partly === undefined ? null : 'recipients_refused')
      return {
        attempt: partly === undefined ? attempt : { ...attempt, isDelivered: true },
        outcome,
        sent: verdict.sent,
        partly,
      }
    }
    const { errorClass, repeat, retryAfterMs } = verdict
    const attempt = attemptOf(status, errorClass)
    const result = { outcome, repeat, retryAfterMs, ...(partly === undefined ? {} : { partly }) }
    if (hasAccepted(partly?.recipients))
      return { ...result, attempt: { ...attempt, isPartly: true, arrival: 'unknown' } }
    // A gateway that gave up waiting may have passed it on.
    return { ...result, attempt: status === 502 || status === 504 ? { ...attempt, arrival: 'unknown' } : attempt }
  } catch (error) {
    if (!(error instanceof EgressError)) throw error
    const attempt = attemptOf(null, error.tenantCode)
    return {
      attempt: {
        ...attempt,
        ...(error.tenantCode === 'unreachable' ? { latencyMs: 0 } : {}),
        ...(error.phase === 'request' ? { arrival: 'unknown' as const } : {}),
      },
      outcome: 'failed',
      repeat: repeatOfError(error),
      retryAfterMs: 0,
    }
  }
}

/**
 * Whoever could not be reached is tried again alike, for whatever reason: if a blocked address ended a delivery at once,
 * tenants could find out which names exist inside and what the operator closes.
 */
function repeatOfError({ code }: EgressError): Repeat {
  switch (code) {
    case 'invalid_url':
      return 'never'
    case 'blocked_address':
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
