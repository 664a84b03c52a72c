import type { EgressResponse } from '../../platform/egress/egress.ts'
import type { ChannelRequest, PreparedMessage, Repeat, Verdict } from './channel.ts'

/** Reads the answer of a receiver. */
export type Interpret = (response: EgressResponse, now: Date) => Verdict

export const requestTimeoutMs = 10_000
const answerSizeMaxBytes = 1024 * 1024
const retryAfterMaxMs = 3_600_000

/** A message that is one HTTP request. */
export function httpMessage(request: ChannelRequest, interpret: Interpret = interpretAnswer): PreparedMessage {
  return {
    url: request.url,
    timeoutMs: requestTimeoutMs,
    send: async (egress, clock) => {
      const limits = { timeoutMs: requestTimeoutMs, maxBodyBytes: answerSizeMaxBytes }
      const response = await egress.request({ ...request, ...limits })
      return interpret(response, clock.now())
    },
  }
}

/**
 * What an answer means where the receiver is anyone: 2xx is delivered; quick repeats as in OZ Monitor (spec/02 §3.3); 410
 * says that the receiver is gone for good.
 */
export function interpretAnswer(response: EgressResponse, now: Date): Verdict {
  const { status } = response
  if (isSuccess(status)) return { outcome: 'delivered', status }
  const errorClass = `http_${Math.floor(status / 100)}xx`
  return {
    outcome: 'failed',
    status,
    errorClass,
    repeat: repeatOfStatus(status),
    retryAfterMs: retryAfterMsOf(response, now),
  }
}

/** A failure for which a service has its own words. */
export function refused(status: number, errorClass: string, repeat: Repeat = 'never', retryAfterMs = 0): Verdict {
  return {
    outcome: 'failed',
    status,
    errorClass,
    repeat,
    retryAfterMs: Math.min(Math.max(retryAfterMs, 0), retryAfterMaxMs),
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function repeatOfStatus(status: number): Repeat {
  if (status === 410) return 'never'
  return status >= 500 || status === 408 || status === 425 || status === 429 ? 'soon' : 'later'
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3) of a 429 or 503, at most an hour; anything unreadable counts as absent. */
export function retryAfterMsOf({ status, headers }: EgressResponse, now: Date): number {
  const text = status === 429 || status === 503 ? headers['retry-after']?.trim() : undefined
  if (text === undefined || text === '') return 0
  const delayMs = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime()
  return Number.isNaN(delayMs) ? 0 : Math.min(Math.max(delayMs, 0), retryAfterMaxMs)
}
