import type { assembleMatch, RetryPolicy, TriggerConfig } from '@smt/engine'

/** The kinds of channel that alerts can be sent through; one folder each. */
export type ChannelKind = 'webhook'

/** The object of one match as OZ Monitor makes it, wrapped by the name of its chain (spec/02 §6). */
export type MatchObject = ReturnType<typeof assembleMatch>

/**
 * What is told: one match, or (with `digest`) that there were too many in one block to tell each, and the first one; with
 * `isRetraction`, that what was told of them does not hold, because their block left the chain.
 */
export type Alert = { match: MatchObject; digest?: Digest; isRetraction?: boolean }

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

/** The request that carries an alert. It may hold secrets: it is sent, and neither stored nor logged. */
export type ChannelRequest = { url: string; method: string; headers: Record<string, string>; body: string }

export type Sending = {
  /** The same for every repeat, so that a receiver can tell a repeat; of a retraction, that of the alert it takes back. */
  deliveryId: string
  /** How often the block of the match has become part of the chain: 1, and more after reorganisations. */
  incarnation: number
  now: Date
}

/** One way to alert. What is particular to it stays in its folder; delivery knows requests and answers only. */
export type Channel = {
  kind: ChannelKind
  /**
   * The request for an alert, made once per round: its repeats send identical bytes.
   * @throws ChannelError when no request can be made of this configuration, now or later.
   */
  prepare(configuration: TriggerConfig, alert: Alert, sending: Sending): ChannelRequest
  /** How a round repeats a failed request; undefined means the defaults. */
  retryPolicy(configuration: TriggerConfig): RetryPolicy | undefined
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
