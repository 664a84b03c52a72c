import type { Rate, RateState } from '../platform/gcra.ts'

/** One limit that a request counted against. */
export type LimitState = RateState & { name: string; rate: Rate }

/** Names and meaning of the headers, for the OpenAPI document. */
export const rateLimitHeaderNames = { policy: 'RateLimit-Policy', state: 'RateLimit' } as const

/** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): the only place that knows the draft. */
export function rateLimitHeaders(limits: readonly LimitState[]): Record<string, string> {
  if (limits.length === 0) return {}
  const list = (write: (limit: LimitState) => string) =>
    limits.map((limit) => `"${limit.name}";${write(limit)}`).join(', ')
  return {
    [rateLimitHeaderNames.policy.toLowerCase()]: list(({ rate }) => `q=${rate.limit};w=${seconds(rate.periodMs)}`),
    [rateLimitHeaderNames.state.toLowerCase()]: list(
      ({ remaining, resetMs }) => `r=${remaining};t=${seconds(resetMs)}`,
    ),
  }
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000)
}
