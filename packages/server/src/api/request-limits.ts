import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../platform/clock.ts'
import { addressBlock } from '../platform/egress/address.ts'
import { AppError } from '../platform/errors.ts'
import { createGcra, type Gcra, type Rate } from '../platform/gcra.ts'
import { rateLimitHeaders, type LimitState } from './rate-limit-headers.ts'

/** Requests a minute; as many may come at once. */
export type ApiRates = {
  /** Of one user or API key. */
  caller: number
  /** Of all users and keys in one tenant. */
  tenant: number
  /** Without a valid credential, of one address. */
  address: number
}

export type LimitVerdict = {
  headers: Record<string, string>
  /** The 429 to answer with, when there is nothing left. */
  refusal: AppError | undefined
}

/**
 * How often who may ask, within this process. Refused requests count nothing, so a client that waits as long as
 * `Retry-After` says is let in.
 */
export type RequestLimits = {
  /** For a request without a valid credential. */
  anonymous(address: string): LimitVerdict
  /** For a request whose credential has been found good: first the caller, later its tenant, each once. */
  caller(callerId: string): LimitVerdict
  tenant(tenantId: string, callerId: string): LimitVerdict
  /** Remembers that this credential is this caller's, so that `known` can answer without asking anybody. */
  remember(credential: Credential, who: { callerId: string; tenantId?: string }): void
  /** A refusal for a credential that was good a moment ago and has nothing left: costs no signature and no query. */
  known(credential: Credential): LimitVerdict | undefined
}

export type Credential = { authorization: string | undefined; slug: string | undefined }

type Kind = keyof ApiRates

const credentialsMax = 10_000

export function createRequestLimits({ clock }: { clock: Pick<Clock, 'now'> }, rates: ApiRates): RequestLimits {
  const rateOf = (kind: Kind): Rate => ({ limit: rates[kind], periodMs: 60_000 })
  // One each: a flood of addresses makes no room among the tenants.
  const limits: Record<Kind, Gcra> = {
    caller: createGcra({ clock }),
    tenant: createGcra({ clock }),
    address: createGcra({ clock }),
  }
  const good = new LRUCache<string, { callerId: string; tenantId?: string }>({ max: credentialsMax })

  const state = (kind: Kind, key: string): LimitState => ({
    name: kind,
    rate: rateOf(kind),
    ...limits[kind].peek(key, rateOf(kind)),
  })

  const take = (kind: Kind, key: string, before: readonly LimitState[] = []): LimitVerdict => {
    const rate = rateOf(kind)
    const verdict = limits[kind].take(key, rate)
    return {
      headers: rateLimitHeaders([...before, { name: kind, rate, ...verdict }]),
      refusal: verdict.isAllowed ? undefined : tooMany(kind, verdict.waitMs),
    }
  }

  return {
    anonymous: (address) => take('address', addressBlock(address)),
    caller: (callerId) => take('caller', callerId),
    tenant: (tenantId, callerId) => take('tenant', tenantId, [state('caller', callerId)]),

    remember: (credential, who) => {
      good.set(keyOf(credential), who)
    },

    known: (credential) => {
      const who = good.get(keyOf(credential))
      if (who === undefined) return undefined
      const asked: [Kind, string][] = [
        ['caller', who.callerId],
        ...(who.tenantId === undefined ? [] : [['tenant', who.tenantId] satisfies [Kind, string]]),
      ]
      const verdicts = asked.map(([kind, key]) => ({ kind, ...limits[kind].peek(key, rateOf(kind)) }))
      const [worst] = verdicts.filter(({ isAllowed }) => !isAllowed).toSorted((a, b) => b.waitMs - a.waitMs)
      if (worst === undefined) return undefined
      return {
        headers: rateLimitHeaders(asked.map(([kind, key]) => state(kind, key))),
        refusal: tooMany(worst.kind, worst.waitMs),
      }
    },
  }
}

const messages: Record<Kind, string> = {
  caller: 'This user or key asks too often.',
  tenant: 'The users and keys of this tenant ask too often.',
  address: 'This address asks too often without a valid credential.',
}

function tooMany(kind: Kind, waitMs: number): AppError {
  return new AppError('rate_limited', messages[kind], {
    details: { limit: kind },
    retryAfterS: Math.max(Math.ceil(waitMs / 1_000), 1),
  })
}

function keyOf({ authorization = '', slug = '' }: Credential): string {
  return createHash('sha256').update(`${slug}\n${authorization}`).digest('base64')
}
