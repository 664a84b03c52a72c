import type { Database } from '../platform/db/doors.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { AppError, NotFoundError } from '../platform/errors.ts'
import { createGcra } from '../platform/gcra.ts'
import type { Ids } from '../platform/ids.ts'
import { createTally } from '../platform/tally.ts'
import type { ChainFamily } from '../networks/source-chain.ts'
import { insertAuditEvent } from '../tenants/audit-store.ts'
import type { WriteContext } from '../tenants/write-context.ts'
import { ChannelError, type Alert, type ChannelRequest, type PreparedMessage } from '../triggers/channels/channel.ts'
import { channelOf } from '../triggers/channels/channels.ts'
import type { OpenTrigger } from '../triggers/open-trigger.ts'
import type { TriggerService } from '../triggers/trigger-service.ts'
import { adviceFor, adviceForDisabled } from './advice.ts'
import { factsOf } from './alert.ts'
import { sendOnce, type AttemptResult, type SendDeps } from './attempt.ts'
import { matchObjectOf } from './match-object.ts'
import { findMatch } from './match-store.ts'
import { isUuid } from './position.ts'
import { sampleAlertOf } from './sample-match.ts'
import { shownRequestOf } from './shown-request.ts'

export type TestSample = { match_id: string } | { chain: ChainFamily }

export type TriggerTestResult = {
  outcome: 'delivered' | 'failed' | 'not_sent'
  httpStatus: number | null
  errorClass: string | null
  latencyMs: number | null
  advice: string | null
  /** Since when alerts are not sent through it. */
  disabledAt: string | null
  /** Secrets masked; null when there is none to show. */
  request: ChannelRequest | null
}

type SendResult = Omit<TriggerTestResult, 'disabledAt'>

/**
 * Sends one sample through a trigger, once and now. It becomes no delivery; the audit log knows of it. It changes nothing,
 * so a disabled trigger is tested, too, and stays disabled: enabling is a change that somebody decides on.
 */
export type TriggerTester = {
  /**
   * @throws AppError `busy` and `rate_limited` beyond what one tenant may; NotFoundError for the trigger and the match.
   */
  test(context: WriteContext, triggerId: string, sample: TestSample): Promise<TriggerTestResult>
}

export type TriggerTesterDeps = SendDeps & {
  database: Pick<Database, 'withTenant'>
  ids: Pick<Ids, 'uuid'>
  triggers: Pick<TriggerService, 'open' | 'get'>
  /** Aborted when the API is about to close: a failure is then told at once. */
  closing?: AbortSignal | undefined
}

/** Tests are for people: what one tenant has running at once, and begins in a minute, in each process. */
const atOnceMax = 2
const perMinuteMax = 20

export function createTriggerTester(deps: TriggerTesterDeps): TriggerTester {
  const { clock, database, ids, triggers } = deps
  const running = createTally()
  const begun = createGcra(deps)

  /** What is sent, read and audited in one transaction, before anything is sent. */
  const load = (context: WriteContext, triggerId: string, sample: TestSample) =>
    database.withTenant(context.tenantId, {}, async (tx) => {
      const trigger = await triggers.open(tx, context.tenantId, triggerId)
      const { disabled_at: disabledAt } = await triggers.get(tx, context.tenantId, triggerId)
      const alert = await alertOfSample(tx, context.tenantId, sample)
      await insertAuditEvent(tx, context.tenantId, {
        actor: context.actor,
        origin: context.origin,
        action: 'trigger.test',
        target: { kind: 'trigger', id: triggerId },
        after: { sample },
      })
      return { trigger, alert, disabledAt }
    })

  const send = async ({ configuration, previousSecret }: OpenTrigger, alert: Alert): Promise<SendResult> => {
    let message: PreparedMessage
    try {
      const sending = { deliveryId: ids.uuid(), incarnation: 1, previousSecret, now: clock.now() }
      message = channelOf(configuration).prepare(configuration, alert, sending)
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error
      return { ...nothingSent, errorClass: error.code, advice: `The message cannot be sent: ${error.message}.` }
    }
    let { result, request } = await sendShown(deps, message)
    // As every round does, when the receiver cannot read the formatting.
    if (result.outcome === 'failed' && result.repeat === 'as_plain_text' && message.plain !== undefined)
      ({ result, request } = await sendShown(deps, message.plain))
    const { httpStatus, errorClass, latencyMs } = result.attempt
    const isReached = errorClass !== 'unreachable'
    return {
      outcome: result.outcome,
      httpStatus,
      errorClass,
      latencyMs: isReached ? Math.round(latencyMs) : null,
      advice: errorClass === null ? null : adviceFor(errorClass, httpStatus),
      request: request === undefined ? null : shownRequestOf(request, { configuration, previousSecret }),
    }
  }

  return {
    test: async (context, triggerId, sample) => {
      const { tenantId } = context
      if (running.of(tenantId) >= atOnceMax)
        throw new AppError('busy', 'This tenant is testing triggers already.', { retryAfterS: 1 })
      const { isAllowed, waitMs } = begun.take(tenantId, { limit: perMinuteMax, periodMs: 60_000 })
      if (!isAllowed) {
        throw new AppError('rate_limited', `A tenant may test ${perMinuteMax} times a minute.`, {
          retryAfterS: Math.ceil(waitMs / 1_000),
        })
      }
      running.add(tenantId)
      try {
        const { trigger, alert, disabledAt } = await load(context, triggerId, sample)
        const result = await send(trigger, alert)
        const advice = disabledAt === null ? result.advice : joined(result.advice, adviceForDisabled)
        return { ...result, advice, disabledAt }
      } finally {
        running.remove(tenantId)
      }
    },
  }
}

function joined(...sentences: (string | null)[]): string {
  return sentences.filter((sentence) => sentence !== null).join(' ')
}

const nothingSent = { outcome: 'not_sent', httpStatus: null, latencyMs: null, request: null } as const

/** Sends a message and keeps what went out. */
async function sendShown(
  { egress, clock, closing }: SendDeps & Pick<TriggerTesterDeps, 'closing'>,
  message: PreparedMessage,
): Promise<{ result: AttemptResult; request: ChannelRequest | undefined }> {
  let request = message.rendered
  const watched: SendDeps['egress'] = {
    request: (asked) => {
      const { url, method, headers, body = '' } = asked
      request = { url, method, headers, body }
      return egress.request(asked)
    },
    connect: (target) => egress.connect(target),
  }
  const rest = (delayMs: number) => clock.sleep(delayMs, closing)
  return { result: await sendOnce({ egress: watched, clock }, message, rest), request }
}

async function alertOfSample(tx: TenantTx, tenantId: string, sample: TestSample): Promise<Alert> {
  if ('chain' in sample) return sampleAlertOf(sample.chain)
  const found = isUuid(sample.match_id) ? await findMatch(tx, tenantId, sample.match_id) : undefined
  if (found === undefined) throw new NotFoundError('The match')
  if (found.bodyRemovedAt !== null)
    throw new AppError('conflict', 'The body of this match was removed to make room. Test with another one.')
  if (found.item === null) throw new Error('the transaction of a match is not stored')
  return { match: matchObjectOf(found), facts: factsOf(found) }
}
