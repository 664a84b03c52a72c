import type { Clock } from '../platform/clock.ts'
import { createGcra, type Rate } from '../platform/gcra.ts'
import { createUseWindow } from './use-window.ts'

/**
 * What tenants may ask of the nodes of their own networks (`max_rpc_requests_per_minute`), and what all of them together
 * may ask of one host, so that nobody floods somebody else through this installation. Requests wait for their moment
 * instead of failing: an own network slows down and falls behind, visibly, and skips nothing. Counted in this process;
 * one process leads all own networks of a tenant. In any minute a tenant sends at most its limit and its burst.
 */
export type RpcBudget = {
  of(tenantId: string): TenantRpcBudget
  /** What each tenant sent in the last minute, of those that sent anything. */
  used(): ReadonlyMap<string, number>
}

export type TenantRpcBudget = {
  /** In how many milliseconds a block's worth of requests can go out at once; 0: now. Nothing is counted. */
  delayMs(host: string): Promise<number>
  /** Counts a request; resolves when it may go out, or when `signal` is aborted. */
  pace(url: string, signal?: AbortSignal): Promise<void>
  /**
   * Counts what an answer was beyond a small one, when it is there: reading it takes everybody's time. Nothing waits for
   * it but the requests that follow.
   */
  charge(bytes: number): Promise<void>
}

export type RpcBudgetDeps = {
  clock: Clock
  /** The tenant's limit as it is now. */
  limitOf: (tenantId: string) => Promise<number>
}

/** What a poll needs for its head and a block, or a block for its receipts: the least that is begun with. */
const batch = 8
/** What may come at once: ten seconds' worth. */
const burstsPerMinute = 6
/** What one request stands for; larger answers count as several. */
const answerBytes = 262_144
/** How often a tenant whose limit is 0 is looked at. */
const closedMs = 10_000

export function createRpcBudget(
  { clock, limitOf }: RpcBudgetDeps,
  { hostPerMinute }: { hostPerMinute: number },
): RpcBudget {
  const gcra = createGcra({ clock })
  const sent = createUseWindow({ clock })
  const rateOf = (limit: number): Rate => ({
    limit,
    periodMs: 60_000,
    burst: Math.max(batch, Math.ceil(limit / burstsPerMinute)),
  })
  const hostRate = rateOf(hostPerMinute)

  return {
    used: () => sent.totals(),

    of: (tenantId) => {
      const tenantKey = `tenant ${tenantId}`
      return {
        delayMs: async (host) => {
          const rate = rateOf(await limitOf(tenantId))
          return Math.max(gcra.peek(tenantKey, rate, batch).waitMs, gcra.peek(`host ${host}`, hostRate, batch).waitMs)
        },

        pace: async (url, signal) => {
          let ownMs: number | undefined
          while ((ownMs = gcra.reserve(tenantKey, rateOf(await limitOf(tenantId)))) === undefined) {
            await clock.sleep(closedMs, signal)
            if (signal?.aborted === true) return
          }
          const waitMs = Math.max(ownMs, gcra.reserve(`host ${hostOf(url)}`, hostRate) ?? 0)
          if (waitMs > 0) await clock.sleep(waitMs, signal)
          sent.add(tenantId)
        },

        charge: async (bytes) => {
          const cost = Math.ceil(bytes / answerBytes) - 1
          if (cost < 1) return
          gcra.reserve(tenantKey, rateOf(await limitOf(tenantId)), { cost })
          sent.add(tenantId, cost)
        },
      }
    },
  }
}

/** Without its port: every port of a machine is that machine. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : ''
}
