import type { Clock } from '../platform/clock.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Metrics } from '../platform/metrics.ts'
import { ChannelError, type Channel, type PreparedMessage } from '../triggers/channels/channel.ts'
import { channelOf } from '../triggers/channels/channels.ts'
import { storedRecipients } from '../triggers/channels/recipient-states.ts'
import { alertOf } from './alert.ts'
import { wasDelivered, type Attempt } from './attempt.ts'
import { quickRetriesOf } from './backoff.ts'
import { claim, type ClaimDeps, type ClaimedDelivery } from './claim.ts'
import { createHostSlot, createHostSlots } from './host-slots.ts'
import type { Outcome, OutcomeDeps } from './outcome.ts'
import { createOutcomeWriter } from './outcome-writer.ts'
import { createSeats, type Seat } from './seats.ts'
import { createTenantPicker } from './tenant-picker.ts'
import { createTriggerWindows } from './trigger-windows.ts'
import { leaseMs, runRound, type RoundDeps, type RoundResult } from './round.ts'

export type DispatchDeps = ClaimDeps &
  Omit<OutcomeDeps, 'metrics'> &
  RoundDeps & {
    ids: Ids
    clock: Clock
    logger: Logger
    /** Where people reach this installation: digests link to it. */
    publicUrl?: string | undefined
    metrics: OutcomeDeps['metrics'] & Pick<Metrics, 'deliveryAttempts'>
  }

export type DispatchOptions = {
  /**
   * Deliveries that this process sends at once: altogether, of one tenant, of one trigger, to one host. A trigger has its
   * most only while it answers quickly, a tenant only while less than half of the room is taken.
   */
  inFlightMax?: number
  perTenantMax?: number
  perTriggerMax?: number
  perHostMax?: number
  /** Called when a delivery has ended and there is room for another. */
  onRoom?: () => void
}

/**
 * Sends due deliveries. Each is leased, sent outside of any transaction, and its outcome recorded only while the lease
 * is held: a crash at any point repeats it, with the same id, once the lease has ended (design 7.5).
 */
export type Dispatch = {
  /** Leases what is due, as far as there is room, and begins to send it. Returns how many were begun. */
  startDue(): Promise<number>
  /** Resolves when nothing is being sent. */
  settled(): Promise<void>
  /** Finishes the requests that run, returns the rest of their rounds, and sends nothing more. */
  stop(): Promise<void>
}

/** A delivery whose host has no room comes back after this; its trigger is passed over until there is some. */
const hostBusyDelayMs = 500
/** What a tenant of weight 1 may have in flight however busy it is, and a trigger of which nothing is known. */
const tenantShare = 4
const triggerFirstMax = 2
const quickMs = 500
const recordRetryDelayMs = 1_000

export function createDispatch(deps: DispatchDeps, options: DispatchOptions = {}): Dispatch {
  const { clock, ids, logger, metrics } = deps
  const { inFlightMax = 64, perTenantMax = 16, perTriggerMax = 16, perHostMax = 16, onRoom } = options
  const perTenantShare = Math.min(tenantShare, perTenantMax)
  const seats = createSeats({ inFlightMax, perTenantMax, onRoom })
  const triggers = createTriggerWindows({ firstMax: triggerFirstMax, max: perTriggerMax })
  const hosts = createHostSlots({
    perHostMax,
    perSlowHostMax: Math.ceil(perHostMax / 4),
    slowMax: Math.ceil(inFlightMax / 2),
    perTenantSlowMax: Math.ceil(perTenantShare / 2),
  })
  const picker = createTenantPicker({ random: deps.random, start: ids.uuid() })
  const outcomes = createOutcomeWriter(deps)
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()

  const record = async (claimed: ClaimedDelivery, outcome: Outcome): Promise<void> => {
    const { id, tenantId } = claimed.delivery
    const startedAtMs = clock.now().getTime()
    for (;;) {
      try {
        const isRecorded = await outcomes.record(claimed, outcome)
        if (!isRecorded) logger.warn({ deliveryId: id, tenantId }, 'a lease ended before its delivery was recorded')
        return
      } catch (error) {
        const isOver = stopping.signal.aborted || clock.now().getTime() - startedAtMs > leaseMs
        logger.error(
          { deliveryId: id, tenantId, isOver, err: error },
          'the outcome of a delivery could not be recorded',
        )
        // Left as it is, the delivery repeats when its lease has ended.
        if (isOver) return
        await clock.sleep(recordRetryDelayMs, stopping.signal)
      }
    }
  }

  const send = async (claimed: ClaimedDelivery, seat: Seat): Promise<Outcome> => {
    const { delivery } = claimed
    const prepared = prepare(claimed, { now: clock.now(), publicUrl: deps.publicUrl })
    if (!('message' in prepared)) return prepared
    const { channel, message, retries } = prepared
    const slot = createHostSlot({ hosts, clock }, { host: hostOf(message.url), trigger: delivery })
    if (!slot.enter()) return { kind: 'returned', attempts: [], delayMs: hostBusyDelayMs }
    try {
      const result = await runRound(deps, message, {
        retries,
        signal: stopping.signal,
        rest: (delayMs) => {
          slot.leave()
          return seat.rest(() => clock.sleep(delayMs, stopping.signal))
        },
        resume: slot.enter,
      })
      for (const attempt of result.attempts) {
        metrics.deliveryAttempts.inc({ channel: channel.kind, outcome: wasDelivered(attempt) ? 'delivered' : 'failed' })
      }
      return outcomeOf(result)
    } finally {
      slot.leave()
    }
  }

  const deliver = async (claimed: ClaimedDelivery): Promise<void> => {
    const { id, tenantId, triggerId } = claimed.delivery
    const seat = seats.take(tenantId)
    triggers.enter(triggerId)
    let isQuick: boolean | undefined
    try {
      const outcome = await send(claimed, seat).catch((error: unknown): Outcome => {
        logger.error({ deliveryId: id, tenantId, err: error }, 'a delivery could not be prepared or sent')
        const attempts = [notSent(clock.now(), 'internal_error')]
        return { kind: 'failed', attempts, errorClass: 'internal_error', retryAfterMs: 0 }
      })
      isQuick = wasQuick(outcome)
      await record(claimed, outcome)
    } finally {
      triggers.leave(triggerId, isQuick)
      seat.leave()
    }
  }

  return {
    startDue: async () => {
      const limit = seats.room()
      if (limit <= 0 || stopping.signal.aborted) return 0
      const claimed = await claim(deps, {
        leaseId: ids.uuid(),
        leaseMs,
        limit,
        perTenantMax,
        perTriggerMax,
        perTenantShare,
        spare: Math.ceil(inFlightMax / 2) - seats.inFlight(),
        inFlight: seats.ofTenants(),
        busyTriggers: triggers.busy(),
        roomOf: triggers.room,
        heldTriggers: hosts.heldTriggers(),
        picker,
        admits: hosts.admission(),
      })
      for (const one of claimed) {
        const sending = deliver(one).finally(() => running.delete(sending))
        running.add(sending)
      }
      return claimed.length
    },
    settled: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    stop: async () => {
      stopping.abort()
      while (running.size > 0) await Promise.all(running)
    },
  }
}

type Prepared = { channel: Channel; message: PreparedMessage; retries: ReturnType<typeof quickRetriesOf> }

/** The request of this round, or why there is none. Its timestamp and signature are the round's. */
function prepare(
  { delivery, content, trigger }: ClaimedDelivery,
  { now, publicUrl }: { now: Date; publicUrl: string | undefined },
): Prepared | Outcome {
  if (trigger === undefined) return { kind: 'cancelled', attempts: [], errorClass: 'trigger_deleted' }
  if (content.isOrphaned) return { kind: 'cancelled', attempts: [], errorClass: 'match_orphaned' }
  if (trigger instanceof Error) throw trigger
  const alert = alertOf(content, { publicUrl })
  try {
    const { configuration, previousSecret } = trigger
    const channel = channelOf(configuration)
    const message = channel.prepare(configuration, alert, {
      // A retraction goes under the name of what it takes back.
      deliveryId: content.retracts ?? delivery.id,
      partId: content.kind === 'retraction' && content.isGathered ? delivery.id : undefined,
      incarnation: content.incarnation,
      previousSecret,
      recipients: storedRecipients(content.recipients),
      now,
    })
    return { channel, message, retries: quickRetriesOf(channel.retryPolicy(configuration)) }
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error
    return { kind: 'permanent', attempts: [notSent(now, error.code)], errorClass: error.code }
  }
}

function outcomeOf({ attempts, recipients, end }: RoundResult): Outcome {
  const errorClass = attempts.at(-1)?.errorClass ?? 'internal_error'
  switch (end.kind) {
    case 'delivered':
      return { kind: 'delivered', attempts, recipients, sent: end.sent }
    case 'permanent':
      return { kind: 'permanent', attempts, errorClass }
    case 'interrupted':
      return { kind: 'returned', attempts, recipients, delayMs: 0 }
    case 'failed':
      return { kind: 'failed', attempts, recipients, errorClass, retryAfterMs: end.retryAfterMs }
  }
}

/** Undefined when the receiver was not asked. */
function wasQuick({ kind, attempts }: Outcome): boolean | undefined {
  if (kind === 'cancelled' || kind === 'returned') return undefined
  return kind === 'delivered' && attempts.length === 1 && attempts.every(({ latencyMs }) => latencyMs <= quickMs)
}

function notSent(startedAt: Date, errorClass: string): Attempt {
  return { startedAt, latencyMs: 0, httpStatus: null, errorClass, arrival: 'not_sent' }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : ''
}
