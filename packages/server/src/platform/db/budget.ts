import { AppError } from '../errors.ts'

export type BudgetOptions = {
  /** How long a call may wait for a slot of its tenant. */
  waitMs?: number
  /** How many calls of one tenant may wait. */
  waitersMax?: number
}

/** Concurrent transactions per tenant in this process (design 6.6): one tenant cannot hold the pool. */
export type Budget = {
  run<T>(tenantId: string, slots: number, fn: () => Promise<T>): Promise<T>
}

type Lane = { running: number; waiting: (() => void)[] }

export function createBudget({ waitMs = 5_000, waitersMax = 200 }: BudgetOptions = {}): Budget {
  const lanes = new Map<string, Lane>()

  const busy = () =>
    new AppError('busy', 'This tenant has too many requests in progress. Try again shortly.', { retryAfterS: 1 })

  const enter = async (lane: Lane, slots: number): Promise<void> => {
    if (lane.running < slots) {
      lane.running += 1
      return
    }
    if (lane.waiting.length >= waitersMax) throw busy()
    await new Promise<void>((resolve, reject) => {
      const admit = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        lane.waiting.splice(lane.waiting.indexOf(admit), 1)
        reject(busy())
      }, waitMs)
      lane.waiting.push(admit)
    })
  }

  return {
    run: async (tenantId, slots, fn) => {
      const lane = lanes.get(tenantId) ?? { running: 0, waiting: [] }
      lanes.set(tenantId, lane)
      await enter(lane, Math.max(1, slots))
      try {
        return await fn()
      } finally {
        // The slot passes straight to the longest waiter, so a newcomer cannot overtake the line.
        const next = lane.waiting.shift()
        if (next !== undefined) next()
        else {
          lane.running -= 1
          if (lane.running === 0) lanes.delete(tenantId)
        }
      }
    },
  }
}

/** Slots of a tenant: one per 1,000 RPC requests per minute of its quota, at most a quarter of the pool. */
export function slotsOfQuota(maxRpcRequestsPerMinute: number, poolMax: number): number {
  return Math.max(1, Math.min(Math.ceil(maxRpcRequestsPerMinute / 1000), Math.floor(poolMax / 4)))
}
