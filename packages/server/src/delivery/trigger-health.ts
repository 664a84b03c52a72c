import type { PlatformTx } from '../platform/db/tx.ts'
import { insertAuditEvent } from '../tenants/audit-store.ts'
import { raiseNotice, resolveNotices } from '../tenants/notice-store.ts'
import type { Attempt } from './attempt.ts'
import { probeDelayMs, type Random } from './backoff.ts'
import type { ClaimedDelivery } from './claim.ts'
import { gatherWaiting } from './gather-store.ts'
import { closeHealth, countFailedRound, disableTrigger, holdTrigger, releaseWaiting } from './health-store.ts'

/**
 * The breaker of a trigger: closed → open after five failed rounds in a row → one delivery looks, after pauses that grow
 * to ten minutes → closed by the first success. A receiver that answers 429 is not broken: it is left alone for as long
 * as it asks, and the same look follows. After three days and a hundred attempts without a success the trigger is
 * disabled; saving it enables it. What waited can be replayed.
 */
const openAfterRounds = 5
const disableAfterS = 3 * 86_400
const disableAfterAttempts = 100
const limitedPauseMs = 10_000
const releaseMax = 1_000
/** More waiting alerts than these become one digest when the receiver answers 429. */
const singleAlertsMax = 20

/** What a failed round says of the receiver: refusing for now, broken, or nothing (it was never asked). */
export type Verdict = 'limited' | 'failing' | 'unknown'

export function verdictOf(attempts: readonly Attempt[]): Verdict {
  const last = attempts.at(-1)
  if (last === undefined || last.arrival === 'not_sent') return 'unknown'
  return last.httpStatus === 429 ? 'limited' : 'failing'
}

type Failure = { attempts: readonly Attempt[]; errorClass: string; retryAfterMs: number; random: Random }

/** Counts a failed round against the trigger. */
export async function recordTrouble(tx: PlatformTx, claimed: ClaimedDelivery, failure: Failure): Promise<void> {
  const { tenantId, triggerId } = claimed.delivery
  const { attempts, errorClass, retryAfterMs, random } = failure
  const key = { tenantId, triggerId }
  const verdict = verdictOf(attempts)
  if (verdict === 'unknown') return
  if (verdict === 'limited') {
    await holdTrigger(tx, { ...key, errorClass, delayMs: Math.max(retryAfterMs, limitedPauseMs * (1 + random())) })
    // Critical ones are told one by one for longer than others: together only when they, too, are many.
    for (const isUrgent of [false, true]) await gatherWaiting(tx, { ...key, isUrgent, moreThan: singleAlertsMax })
    return
  }
  const health = await countFailedRound(tx, { ...key, attempts: attempts.length, errorClass })
  if (health.isDisabled || health.failedRounds < openAfterRounds) return
  const delayMs = Math.max(retryAfterMs, probeDelayMs(health.failedRounds - openAfterRounds, random))
  await holdTrigger(tx, { ...key, errorClass, delayMs })
  await tellFailing(tx, claimed, errorClass)
  if (health.failingForS < disableAfterS || health.failedAttempts < disableAfterAttempts) return
  await disableTrigger(tx, key)
  await tellDisabled(tx, claimed, { failedAttempts: health.failedAttempts, errorClass })
}

/** A delivery arrived: the trigger is well, and what waited for it is due. */
export async function recordSuccess(
  tx: PlatformTx,
  { delivery, content }: ClaimedDelivery,
  { isForAll }: { isForAll: boolean },
): Promise<void> {
  const { tenantId, triggerId } = delivery
  const subject = { kind: 'trigger', id: content.triggerName ?? triggerId } as const
  for (const kind of [
    'endpoint_failing',
    'trigger_disabled',
    ...(isForAll ? ['recipients_refused' as const] : []),
  ] as const)
    await resolveNotices(tx, [tenantId], { kind, subject })
  if (await closeHealth(tx, { tenantId, triggerId })) await releaseWaiting(tx, { tenantId, triggerId }, releaseMax)
}

/** Tells the tenant that the receiver of a trigger keeps failing; closed by its next success. */
export async function tellFailing(
  tx: PlatformTx,
  { delivery, content }: ClaimedDelivery,
  errorClass: string,
): Promise<void> {
  await raiseNotice(tx, [delivery.tenantId], {
    kind: 'endpoint_failing',
    severity: 'warning',
    subject: { kind: 'trigger', id: content.triggerName ?? delivery.triggerId },
    message: 'The receiver of this trigger keeps failing. Deliveries are repeated for 24 hours.',
    data: { delivery_id: delivery.id, error_class: errorClass },
  })
}

/** Tells the tenant that some recipients do not get what others get; closed by the next message that all of them accept. */
export async function tellRefused(
  tx: PlatformTx,
  { delivery, content }: ClaimedDelivery,
  refused: readonly string[],
): Promise<void> {
  await raiseNotice(tx, [delivery.tenantId], {
    kind: 'recipients_refused',
    severity: 'warning',
    subject: { kind: 'trigger', id: content.triggerName ?? delivery.triggerId },
    message: 'The mail server of this trigger refuses some of its recipients; the others get their alerts.',
    data: { delivery_id: delivery.id, refused: [...refused] },
  })
}

async function tellDisabled(
  tx: PlatformTx,
  { delivery, content }: ClaimedDelivery,
  after: { failedAttempts: number; errorClass: string },
): Promise<void> {
  const id = content.triggerName ?? delivery.triggerId
  const data = { failed_attempts: after.failedAttempts, error_class: after.errorClass }
  await raiseNotice(tx, [delivery.tenantId], {
    kind: 'trigger_disabled',
    severity: 'critical',
    subject: { kind: 'trigger', id },
    message:
      'The receiver of this trigger failed for three days: nothing is sent to it any more. ' +
      'Save the trigger to enable it; its deliveries can be replayed.',
    data,
  })
  await insertAuditEvent(tx, delivery.tenantId, {
    actor: { kind: 'system', name: 'delivery' },
    action: 'trigger.disable',
    target: { kind: 'trigger', id },
    after: data,
  })
}
