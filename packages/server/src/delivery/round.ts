import type { PreparedMessage } from '../triggers/channels/channel.ts'
import type { Rest } from '../platform/egress/fail-late.ts'
import type { RecipientStates } from '../triggers/channels/recipient-states.ts'
import type { SentMessage } from '../triggers/channels/sent-message.ts'
import { sendOnce, type Attempt, type SendDeps } from './attempt.ts'
import { quickDelayMs, type QuickRetries, type Random } from './backoff.ts'

/**
 * How a round ended. `interrupted`: the process is stopping; nothing is known to be wrong with the receiver.
 */
export type RoundResult = {
  attempts: Attempt[]
  /** Set when they were not all treated alike: what became of each so far. */
  recipients?: RecipientStates
  end:
    | { kind: 'delivered'; sent: SentMessage | undefined }
    | { kind: 'permanent' | 'interrupted' }
    | { kind: 'failed'; retryAfterMs: number }
}

export type RoundDeps = SendDeps & { random: Random }

export type RoundOptions = {
  retries: QuickRetries
  signal: AbortSignal
  /** Waits between requests and for a failure to be known. */
  rest?: Rest
  /** Asked before a repeat; the round ends when there is no room for it any more. */
  resume?: () => boolean
}

/** No request starts later than this after the round began, so that a round always ends before its lease does. */
const roundMaxMs = 45_000
/** No message takes longer, whatever its channel. */
export const sendMaxMs = 30_000
export const leaseMs = roundMaxMs + sendMaxMs + 5_000

/**
 * One round: the message and its quick retries, all with identical bytes. A message whose formatting the receiver cannot
 * read is sent without it from then on, at once; one that some recipients have accepted goes to the others alone. A
 * receiver that names a later time (Retry-After) than the next quick retry ends the round.
 */
export async function runRound(
  deps: RoundDeps,
  prepared: PreparedMessage,
  options: RoundOptions,
): Promise<RoundResult> {
  const { clock, random } = deps
  const { retries, signal, rest = (delayMs) => clock.sleep(delayMs, signal), resume = () => true } = options
  const startedAtMs = clock.now().getTime()
  const attempts: Attempt[] = []
  let message = prepared
  let partly: { recipients?: RecipientStates } = {}
  for (let retry = 0; ; retry += 1) {
    const result = await sendOnce(deps, message, rest)
    attempts.push(result.attempt)
    if (result.outcome === 'delivered') {
      partly = result.partly === undefined ? {} : { recipients: result.partly.recipients }
      return { attempts, ...partly, end: { kind: 'delivered', sent: result.sent } }
    }
    if (result.partly !== undefined) {
      partly = { recipients: result.partly.recipients }
      message = result.partly.rest ?? message
    }
    if (result.repeat === 'as_plain_text' && message.plain !== undefined) {
      message = message.plain
      retry -= 1
      continue
    }
    if (result.repeat === 'never' || result.repeat === 'as_plain_text')
      return { attempts, ...partly, end: { kind: 'permanent' } }
    const failed: RoundResult = { attempts, ...partly, end: { kind: 'failed', retryAfterMs: result.retryAfterMs } }
    if (result.repeat === 'later' || retry >= retries.max) return failed
    const delayMs = quickDelayMs(retries, retry, random)
    const elapsedMs = clock.now().getTime() - startedAtMs
    if (result.retryAfterMs > delayMs || elapsedMs + delayMs > roundMaxMs) return failed
    await rest(delayMs)
    if (signal.aborted) return { attempts, ...partly, end: { kind: 'interrupted' } }
    // A process that was frozen in between may have lost its lease meanwhile.
    if (clock.now().getTime() - startedAtMs > roundMaxMs || !resume()) return failed
  }
}
