import type { PlatformTx } from '../platform/db/tx.ts'
import { openNotices, closeNotices, type Notice, type NoticeKind } from './notice-store.ts'
import type { QuotaName } from './quota-store.ts'

/** What a tenant uses of a quota, in the unit of the quota. */
export type QuotaUse = { tenantId: string; quota: QuotaName; used: number; limit: number }

const nearPercent = 80

type QuotaNoticeKind = Extract<NoticeKind, 'quota_near' | 'quota_reached'>

/**
 * Tells tenants when they come to 80 % (`quota_near`) and to 100 % (`quota_reached`) of a quota. Safe to be called with
 * every measurement: a notice is raised once and stays open while its line is crossed; the next one is raised only after
 * use has fallen below the line. Who jumps over both lines hears of the second alone.
 */
export async function noteQuotaUse(tx: PlatformTx, uses: readonly QuotaUse[]): Promise<void> {
  // One order for everybody, so that two who note the same use never wait for each other.
  const sorted = uses.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).map((use) => ({ use, ...linesOf(use) }))
  await closeNotices(
    tx,
    sorted.flatMap(({ use, isNear, isReached }) => [
      ...(isNear ? [] : [subjectOf(use, 'quota_near')]),
      ...(isReached ? [] : [subjectOf(use, 'quota_reached')]),
    ]),
  )
  await openNotices(
    tx,
    sorted.flatMap(({ use, isNear, isReached }) => (isReached ? [reached(use)] : isNear ? [near(use)] : [])),
  )
}

/** Using nothing of nothing is not a use. */
function linesOf({ used, limit }: QuotaUse): { isNear: boolean; isReached: boolean } {
  return { isNear: used > 0 && used * 100 >= limit * nearPercent, isReached: used > 0 && used >= limit }
}

function keyOf({ tenantId, quota }: QuotaUse): string {
  return `${tenantId} ${quota}`
}

function subjectOf({ tenantId, quota }: QuotaUse, kind: QuotaNoticeKind) {
  return { tenantId, kind, subject: { kind: 'quota', id: quota } } as const
}

function near(use: QuotaUse): Notice & { tenantId: string } {
  const { quota, used, limit } = use
  return {
    ...subjectOf(use, 'quota_near'),
    severity: 'warning',
    message: `The quota ${quota} is nearly used up: ${used} of ${limit}.`,
    data: { quota, used, limit },
  }
}

function reached(use: QuotaUse): Notice & { tenantId: string } {
  const { quota, used, limit } = use
  return {
    ...subjectOf(use, 'quota_reached'),
    severity: 'critical',
    message: `The quota ${quota} is used up: ${used} of ${limit}.`,
    data: { quota, used, limit },
  }
}
