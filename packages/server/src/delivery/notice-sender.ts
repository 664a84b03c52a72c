import { triggerSchema, type TriggerConfig } from '@smt/engine'
import { sqlStateOf } from '../platform/db/database-error.ts'
import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import type { Ids } from '../platform/ids.ts'
import type { Logger } from '../platform/logger.ts'
import { SecretError } from '../platform/secrets.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import { ChannelError } from '../triggers/channels/channel.ts'
import { channelOf } from '../triggers/channels/channels.ts'
import { storedRecipients, type RecipientStates } from '../triggers/channels/recipient-states.ts'
import { openTrigger, type OpenTrigger } from '../triggers/open-trigger.ts'
import { sendOnce, type SendDeps } from './attempt.ts'
import { roundDelayMs, type Random } from './backoff.ts'
import { sendMaxMs } from './round.ts'
import { createSeats, type Seat } from './seats.ts'
import {
  claimNotices,
  finishNotice,
  postponeNotice,
  type NoticeDelivery,
  type NoticeEnd,
} from './notice-delivery-store.ts'
import { sampleAlertOf } from './sample-match.ts'

export type NoticeSenderDeps = SendDeps & {
  database: Pick<Database, 'withPlatform'>
  tenantKeys: TenantKeys
  ids: Pick<Ids, 'uuid'>
  logger: Pick<Logger, 'error'>
  random: Random
}

/**
 * Sends new notices through the trigger that their tenant has chosen for them, for up to 24 hours each. Like alerts they
 * are leased, sent outside of any transaction and recorded after it: a crash repeats one, with the same id. What comes of
 * it raises no further notice and says nothing of the trigger's health; but a trigger that is disabled, or left alone for a
 * while, gets no notices either: they wait until it is well or another one is chosen.
 */
export type NoticeSender = {
  /** Leases what is due, some of each tenant, and begins to send it. Returns how many were begun. */
  startDue(): Promise<number>
  /** Resolves when nothing is being sent. */
  settled(): Promise<void>
  /** Finishes the requests that run and sends nothing more. */
  stop(): Promise<void>
}

const inFlightMax = 16
/** Also of those that rest: a dead receiver slows down its own tenant's notices only. */
const perTenantMax = 2
const leaseMs = 2 * sendMaxMs + 30_000

type Outcome =
  | NoticeEnd
  | { state: 'failed'; errorClass: string; recipients?: RecipientStates | undefined; retryAfterMs: number }

export function createNoticeSender(deps: NoticeSenderDeps): NoticeSender {
  const { clock, database, ids, logger, random } = deps

  const seats = createSeats({ inFlightMax, perTenantMax })
  const running = new Map<Promise<void>, string>()
  const stopping = new AbortController()

  const send = async (delivery: NoticeDelivery, trigger: OpenedTrigger, seat: Seat): Promise<Outcome> => {
    const rest = (delayMs: number) => seat.rest(() => clock.sleep(delayMs, stopping.signal))
    if (trigger === undefined) return { state: 'cancelled', errorClass: 'no_trigger' }
    if (trigger instanceof Error) throw trigger
    try {
      const configuration = withMessage(trigger.configuration, delivery)
      const { previousSecret } = trigger
      const sending = {
        deliveryId: delivery.noticeId,
        incarnation: 1,
        previousSecret,
        recipients: storedRecipients(delivery.recipients),
        now: clock.now(),
      }
      const message = channelOf(configuration).prepare(configuration, sampleAlertOf('EVM'), sending)
      let result = await sendOnce(deps, message, rest)
      if (result.outcome === 'failed' && result.repeat === 'as_plain_text' && message.plain !== undefined)
        result = await sendOnce(deps, message.plain, rest)
      if (result.outcome === 'delivered') return { state: 'delivered', errorClass: result.attempt.errorClass }
      const errorClass = result.attempt.errorClass ?? 'internal_error'
      if (result.repeat === 'never' || result.repeat === 'as_plain_text') return { state: 'dead', errorClass }
      return { state: 'failed', errorClass, recipients: result.partly?.recipients, retryAfterMs: result.retryAfterMs }
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error
      return { state: 'dead', errorClass: error.code }
    }
  }

  const deliver = async (delivery: NoticeDelivery, trigger: OpenedTrigger, seat: Seat): Promise<void> => {
    const { tenantId, noticeId } = delivery
    const outcome = await send(delivery, trigger, seat).catch((error: unknown): Outcome => {
      logger.error({ tenantId, noticeId, err: error }, 'a notice could not be prepared or sent')
      return { state: 'failed', errorClass: 'internal_error', retryAfterMs: 0 }
    })
    await database.withPlatform((tx) => {
      if (outcome.state !== 'failed') return finishNotice(tx, delivery, outcome)
      const { errorClass, recipients, retryAfterMs } = outcome
      const delayMs = roundDelayMs(delivery.attemptCount, random)
      return postponeNotice(tx, delivery, { errorClass, recipients, delayMs, retryAfterMs })
    })
  }

  const begin = (delivery: NoticeDelivery, trigger: OpenedTrigger): void => {
    const { tenantId, noticeId } = delivery
    const seat = seats.take(tenantId)
    const sending = deliver(delivery, trigger, seat)
      // Left as it is, it repeats when its lease has ended.
      .catch((error: unknown) => logger.error({ tenantId, noticeId, err: error }, 'a notice could not be recorded'))
      .finally(() => {
        seat.leave()
        running.delete(sending)
      })
    running.set(sending, tenantId)
  }

  const settled = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.keys())
  }

  return {
    startDue: async () => {
      const limit = seats.room()
      if (limit <= 0 || stopping.signal.aborted) return 0
      const claimed = await database.withPlatform(async (tx) => {
        const sending = [...running.values()]
        const leased = await claimNotices(tx, { leaseId: ids.uuid(), leaseMs, limit, perTenantMax, sending })
        const opened: (readonly [NoticeDelivery, OpenedTrigger])[] = []
        for (const delivery of leased) opened.push([delivery, await triggerOf(deps, tx, delivery)])
        return opened
      })
      for (const [delivery, trigger] of claimed) begin(delivery, trigger)
      return claimed.length
    },
    settled,
    stop: () => {
      stopping.abort()
      return settled()
    },
  }
}

/** Undefined when the tenant sends notices nowhere any more; an error when it cannot be read. */
type OpenedTrigger = OpenTrigger | Error | undefined

async function triggerOf(
  { tenantKeys }: Pick<NoticeSenderDeps, 'tenantKeys'>,
  tx: PlatformTx,
  { tenantId, triggerId, trigger, previousSecret }: NoticeDelivery,
): Promise<OpenedTrigger> {
  if (trigger === null) return undefined
  try {
    const secrets = await tenantKeys.forTenant(tx, tenantId)
    return openTrigger(secrets, { tenantId, id: triggerId }, { configuration: trigger, previousSecret })
  } catch (error) {
    // One tenant's broken secret must not stop the others; a failure of the database ends the transaction.
    if (error instanceof Error && (error instanceof SecretError || sqlStateOf(error) === undefined)) return error
    throw error
  }
}

/** The trigger with the notice as its text. It holds no variables: what looks like one is a name that a tenant chose. */
function withMessage(trigger: TriggerConfig, notice: NoticeDelivery): TriggerConfig {
  const message = noticeMessage(notice)
  const { textSettings } = channelOf(trigger)
  return triggerSchema.parse({ ...trigger, config: { ...trigger.config, message, ...textSettings } })
}

function noticeMessage({ kind, severity, subjectKind, subjectId, message, createdAt }: NoticeDelivery) {
  const plain = (text: string) => text.replaceAll('${', '$ {')
  return {
    title: plain(`Notice (${severity}): ${kind.replaceAll('_', ' ')}`),
    body: plain(`${subjectKind} ${subjectId}: ${message} (${createdAt.toISOString()})`),
  }
}
