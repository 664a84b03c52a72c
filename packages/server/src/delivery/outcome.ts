import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import type { Metrics } from '../platform/metrics.ts'
import { raiseNotice, resolveNotices, type Notice } from '../tenants/notice-store.ts'
import {
  hasAccepted,
  refusedIn,
  storedRecipients,
  type RecipientStates,
} from '../triggers/channels/recipient-states.ts'
import type { SentMessage } from '../triggers/channels/sent-message.ts'
import type { Attempt } from './attempt.ts'
import { roundDelayMs, type Random } from './backoff.ts'
import type { ClaimedDelivery } from './claim.ts'
import {
  finishDelivery,
  hasDeadDeliveries,
  insertAttempts,
  planNextRound,
  returnDelivery,
  settlePlainly,
  type Written,
} from './dispatch-store.ts'
import { settleDigests } from './gather-store.ts'
import { recordSuccess, recordTrouble, tellFailing, tellRefused } from './trigger-health.ts'
import { retractLate } from './retraction-store.ts'

/** What came of a claimed delivery. */
export type Outcome =
  | { kind: 'delivered'; attempts: Attempt[]; recipients?: Recipients; sent: SentMessage | undefined }
  | { kind: 'failed'; attempts: Attempt[]; recipients?: Recipients; errorClass: string; retryAfterMs: number }
  /** No repeat would help. */
  | { kind: 'permanent'; attempts: Attempt[]; errorClass: string }
  /** There is nobody to tell any more, or nothing to tell. */
  | { kind: 'cancelled'; attempts: []; errorClass: string }
  /** Nothing is known to be wrong: another turn, another process. */
  | { kind: 'returned'; attempts: Attempt[]; recipients?: Recipients; delayMs: number }

/** Set when recipients were not all treated alike: what became of each so far. */
type Recipients = RecipientStates | undefined

export type OutcomeDeps = {
  database: Pick<Database, 'withPlatform'>
  clock: Clock
  random: Random
  metrics: Pick<Metrics, 'deliveriesDead' | 'deliveryLatency'>
}

/** After so many failed rounds of a delivery (about 40 s) its tenant is told that the endpoint fails. */
const failingRounds = 3

/**
 * So many rounds (about 50 minutes) a receiver may refuse a delivery before it is dead. A deployment or a proxy that
 * starts answers 401 or 404 for minutes; after an hour only somebody's change helps, and they can replay.
 */
const refusedRoundsMax = 8

/** 4xx, except those that ask for another try. */
function isRefusal(attempts: readonly Attempt[]): boolean {
  const status = attempts.at(-1)?.httpStatus ?? 0
  return status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429
}

/**
 * Writes the outcome, its attempts and its notices in one transaction that demands the lease. False: the lease had
 * ended and somebody else has the delivery, so nothing was written.
 */
export async function recordOutcome(deps: OutcomeDeps, claimed: ClaimedDelivery, outcome: Outcome): Promise<boolean> {
  const end = await deps.database.withPlatform(async (tx) => {
    const written = await writeState(tx, deps.random, { claimed, outcome })
    if (written === undefined) return undefined
    const { state, isOrphaned } = written
    await insertAttempts(tx, [{ delivery: claimed.delivery, attempts: outcome.attempts }])
    // The rollback left it to whoever was sending: told after all, or perhaps, it is taken back now.
    if (isOrphaned && state !== 'pending' && (await takeBack(tx, claimed))) await tellReorganised(tx, claimed)
    if (state !== 'cancelled') await writeHealth(tx, deps.random, { claimed, outcome })
    await writeNotices(tx, { claimed, outcome, state })
    return state
  })
  if (end === 'dead') deps.metrics.deliveriesDead.inc()
  if (end === 'delivered') observeLatency(deps, claimed)
  return end !== undefined
}

export type Recorded = { claimed: ClaimedDelivery; outcome: Outcome }

/** Whether an outcome touches nothing but the delivery's own row: the usual one, which can be written with others. */
export function isPlain({ claimed, outcome }: Recorded): boolean {
  if (outcome.kind !== 'returned' && (outcome.kind !== 'delivered' || hadTrouble(claimed))) return false
  return outcome.recipients === undefined
}

/**
 * Writes plain outcomes in one transaction. Answers which were written; the others are to be recorded one by one, which
 * tells why.
 */
export async function recordPlainOutcomes(deps: OutcomeDeps, recorded: readonly Recorded[]): Promise<Set<string>> {
  const written = await deps.database.withPlatform(async (tx) => {
    const ends = recorded.map(({ claimed: { delivery }, outcome }) => ({
      delivery,
      state: outcome.kind === 'delivered' ? ('delivered' as const) : ('pending' as const),
      attempts: outcome.attempts.length,
      isUnknown: isArrivalUnknown(outcome),
      delayMs: outcome.kind === 'returned' ? outcome.delayMs : 0,
      sent: outcome.kind === 'delivered' ? outcome.sent : undefined,
    }))
    const ids = await settlePlainly(tx, ends)
    const made = recorded.filter(({ claimed }) => ids.has(claimed.delivery.id))
    await insertAttempts(
      tx,
      made.map(({ claimed, outcome }) => ({ delivery: claimed.delivery, attempts: outcome.attempts })),
    )
    return ids
  })
  for (const { claimed, outcome } of recorded)
    if (outcome.kind === 'delivered' && written.has(claimed.delivery.id)) observeLatency(deps, claimed)
  return written
}

function observeLatency({ metrics, clock }: OutcomeDeps, { delivery, content }: ClaimedDelivery): void {
  const isFirst = delivery.replayCount === 0 && content.kind !== 'retraction' && content.incarnation === 1
  if (!isFirst || content.matchCreatedAt === null) return
  metrics.deliveryLatency.observe(Math.max(0, clock.now().getTime() - content.matchCreatedAt.getTime()) / 1_000)
}

/** Its trigger was failing, or it was: nothing is to be written of a trigger that is well. */
function hadTrouble({ delivery, content }: ClaimedDelivery): boolean {
  return content.isTriggerFailing || delivery.round > 0 || delivery.replayCount > 0
}

function isArrivalUnknown({ attempts }: Outcome): boolean {
  return attempts.some(({ arrival }) => arrival === 'unknown')
}

type State = 'delivered' | 'pending' | 'dead' | 'cancelled'
async function writeState(
  tx: PlatformTx,
  random: Random,
  { claimed, outcome }: Recorded,
): Promise<Written<State> | undefined> {
  const { delivery } = claimed
  const attempts = outcome.attempts.length
  const isUnknown = isArrivalUnknown(outcome)
  const recipients = recipientsOf(outcome)
  const finish = (state: 'delivered' | 'dead' | 'cancelled', errorClass: string | null, sent?: SentMessage) =>
    finishDelivery(tx, delivery, { state, errorClass, attempts, isUnknown, recipients, sent })
  switch (outcome.kind) {
    case 'delivered':
      return finish('delivered', outcome.attempts.at(-1)?.errorClass ?? null, outcome.sent)
    case 'permanent':
      return finish('dead', outcome.errorClass)
    case 'cancelled':
      return finish('cancelled', outcome.errorClass)
    case 'returned':
      // One that is orphaned is cancelled, and perhaps retracted, when its turn has come.
      return (await returnDelivery(tx, delivery, { attempts, isUnknown, recipients, delayMs: outcome.delayMs }))
        ? { state: 'pending', isOrphaned: false }
        : undefined
    case 'failed': {
      const { errorClass, retryAfterMs } = outcome
      if (delivery.round + 1 >= refusedRoundsMax && isRefusal(outcome.attempts)) return finish('dead', errorClass)
      return planNextRound(tx, delivery, {
        errorClass,
        attempts,
        isUnknown,
        recipients,
        delayMs: roundDelayMs(delivery.round, random),
        retryAfterMs,
      })
    }
  }
}

async function takeBack(tx: PlatformTx, { delivery, content }: ClaimedDelivery): Promise<boolean> {
  return content.isGathered ? (await settleDigests(tx, [delivery])) > 0 : retractLate(tx, delivery)
}

async function writeHealth(tx: PlatformTx, random: Random, { claimed, outcome }: Recorded): Promise<void> {
  if (outcome.kind === 'delivered' && hadTrouble(claimed))
    await recordSuccess(tx, claimed, { isForAll: outcome.recipients === undefined })
  if (outcome.kind !== 'failed' && outcome.kind !== 'permanent') return
  if (isPartly(outcome)) {
    // The receiver works: some have the message. What it says of the others must not hold back everybody's alerts.
    if (claimed.content.isTriggerFailing) await recordSuccess(tx, claimed, { isForAll: false })
    return
  }
  const { attempts, errorClass } = outcome
  const retryAfterMs = outcome.kind === 'failed' ? outcome.retryAfterMs : 0
  await recordTrouble(tx, claimed, { attempts, errorClass, retryAfterMs, random })
}

function recipientsOf(outcome: Outcome): Recipients {
  return 'recipients' in outcome ? outcome.recipients : undefined
}

function isPartly({ attempts }: Outcome): boolean {
  return attempts.at(-1)?.isPartly === true
}

async function tellReorganised(tx: PlatformTx, { delivery, content }: ClaimedDelivery): Promise<void> {
  await raiseNotice(tx, [delivery.tenantId], {
    kind: 'chain_reorganised',
    severity: 'warning',
    subject: { kind: 'network', id: content.networkSlug ?? '' },
    message: 'The chain was reorganised. Alerts of abandoned blocks were retracted.',
    data: { delivery_id: delivery.id },
  })
}

async function writeNotices(tx: PlatformTx, { claimed, outcome, state }: Recorded & { state: State }): Promise<void> {
  const { delivery, content } = claimed
  const subject = { kind: 'trigger', id: content.triggerName ?? delivery.triggerId } as const
  const raise = (notice: Pick<Notice, 'kind' | 'severity' | 'message'>, errorClass: string) =>
    raiseNotice(tx, [delivery.tenantId], {
      ...notice,
      subject,
      data: { delivery_id: delivery.id, error_class: errorClass },
    })
  if (outcome.kind === 'delivered') {
    // Only a replay can leave no dead delivery behind.
    if (delivery.replayCount > 0 && !(await hasDeadDeliveries(tx, delivery.tenantId, delivery.triggerId))) {
      await resolveNotices(tx, [delivery.tenantId], { kind: 'delivery_dead', subject })
    }
  }
  if (state !== 'cancelled' && tellsOfRecipients({ claimed, outcome }))
    await tellRefused(tx, claimed, refusedIn(recipientsOf(outcome)))
  if (state === 'cancelled' || (outcome.kind !== 'failed' && outcome.kind !== 'permanent')) return
  if (state === 'dead') {
    const message = 'A delivery was given up. It can be replayed when its cause is gone.'
    await raise({ kind: 'delivery_dead', severity: 'critical', message }, outcome.errorClass)
  }
  if (outcome.kind === 'failed' && !isPartly(outcome) && delivery.round + 1 >= failingRounds)
    await tellFailing(tx, claimed, outcome.errorClass)
}

/** Whether somebody was refused for good just now, while others have it, or is refused for the time being again and again. */
function tellsOfRecipients({ claimed: { delivery, content }, outcome }: Recorded): boolean {
  const recipients = recipientsOf(outcome)
  if (outcome.kind === 'failed' && isPartly(outcome) && delivery.round + 1 >= failingRounds) return true
  const before = refusedIn(storedRecipients(content.recipients))
  return hasAccepted(recipients) && refusedIn(recipients).length > (outcome.kind === 'delivered' ? 0 : before.length)
}
