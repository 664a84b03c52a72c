import type { assembleMatch, JsonValue, MatchFacts, RetryPolicy, SentTriggerType, TriggerConfig } from '@smt/engine'
import type { Clock } from '../../platform/clock.ts'
import type { Egress } from '../../platform/egress/egress.ts'
import type { RecipientStates } from './recipient-states.ts'
import type { SentMessage } from './sent-message.ts'

/** The kinds of channel that alerts can be sent through; one folder each. */
export type ChannelKind = SentTriggerType

/** The object of one match as OZ Monitor makes it, wrapped by the name of its chain (spec/02 §6). */
export type MatchObject = ReturnType<typeof assembleMatch>

/**
 * What is told: one match, or (with `digest`) that there were too many in one block to tell each, and the first one; with
 * `isRetraction`, that what was told of them does not hold, because their block left the chain.
 */
export type Alert = {
  match: MatchObject
  /** What templates can name besides the match. */
  facts?: MatchFacts
  digest?: Digest
  isRetraction?: boolean
  /** Of a retraction. */
  takesBack?: TakenBack
}

/** The message that a retraction takes back. */
export type TakenBack = {
  deliveryId: string
  /** When its receiver accepted it; undefined when that is not known. */
  sentAt?: Date | undefined
  /** What the channel called it, when it named it. */
  sent?: SentMessage | undefined
}

export type Digest = {
  matchCount: number
  monitorName: string
  networkSlug: string
  blockNumber: bigint
  blockHash: string
  /** It stands for alerts of any blocks that the receiver had no room for; the block is that of the first. */
  isGathered?: boolean
  /** Where the alerts of such a digest are listed. */
  link?: string
}

/** The HTTP request that carries an alert. It may hold secrets: it is sent, and neither stored nor logged. */
export type ChannelRequest = { url: string; method: string; headers: Record<string, string>; body: string }

export type Sending = {
  /** The same for every repeat, so that a receiver can tell a repeat; of a retraction, that of the alert it takes back. */
  deliveryId: string
  /** Of the retraction of a part of a digest: its own delivery, since there may be more of them. */
  partId?: string | undefined
  /** How often the block of the match has become part of the chain: 1, and more after reorganisations. */
  incarnation: number
  /** What the trigger signed with before, while its receiver may still check with that. */
  previousSecret?: string | undefined
  /** What became of recipients when it was sent before: they do not get it again. */
  recipients?: RecipientStates | undefined
  now: Date
}

/** The ways out that a channel may use; both are guarded. */
export type ChannelEgress = Pick<Egress, 'request' | 'connect'>

/** When a failed message is worth repeating: in this round, in a later one, as plain text at once, or not at all. */
export type Repeat = 'soon' | 'later' | 'as_plain_text' | 'never'

/**
 * What an answer means. `errorClass` and `status` (of HTTP) are all that a tenant sees of it: the answer itself is not kept,
 * but for what it calls the message.
 */
export type Verdict =
  | { outcome: 'delivered'; status: number | null; sent?: SentMessage | undefined; partly?: Partly | undefined }
  | {
      outcome: 'failed'
      status: number | null
      errorClass: string
      repeat: Repeat
      retryAfterMs: number
      partly?: Partly | undefined
    }

/** Not all recipients were treated alike. Of a delivered message: some of them were refused for good. */
export type Partly = {
  /** So far, this and earlier messages together. */
  recipients: RecipientStates
  /** The same for those who are left; it takes the place of the message when that is repeated. */
  rest?: PreparedMessage
}

/** An alert in the form of its channel, made once per round: its repeats send identical bytes. */
export type PreparedMessage = {
  /** Where it goes, for limits per host; it may hold secrets. */
  url: string
  /** From the call to the verdict. */
  timeoutMs: number
  /** Sends once. @throws EgressError when no answer came. */
  send(egress: ChannelEgress, clock: Pick<Clock, 'now'>): Promise<Verdict>
  /** What is sent, where that is no HTTP request: shown when a trigger is tested. It may hold secrets. */
  rendered?: ChannelRequest
  /** The same without formatting, for a receiver that cannot read it. */
  plain?: PreparedMessage
}

/** One way to alert. What is particular to it stays in its folder; delivery knows messages and verdicts only. */
export type Channel = {
  kind: ChannelKind
  /** @throws ChannelError when no message can be made of this configuration, now or later. */
  prepare(configuration: TriggerConfig, alert: Alert, sending: Sending): PreparedMessage
  /** How a round repeats a failed message; undefined means the defaults. */
  retryPolicy(configuration: TriggerConfig): RetryPolicy | undefined
  /** The settings under which the message of the trigger is what is sent, where there are others. */
  textSettings?: Readonly<Record<string, JsonValue>>
}

export type ChannelErrorCode = 'unsupported_channel' | 'invalid_header' | 'invalid_secret' | 'message_too_long'

/** The configuration of a trigger cannot be sent with, however often it is tried. Its message holds no secret. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError'
  readonly code: ChannelErrorCode

  constructor(code: ChannelErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
