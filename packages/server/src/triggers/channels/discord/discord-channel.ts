import type { ChannelConfig, TriggerConfig } from '@smt/engine'
import type { EgressResponse } from '../../../platform/egress/egress.ts'
import { ChannelError, type Alert, type Channel, type ChannelRequest, type Verdict } from '../channel.ts'
import { httpMessage, interpretAnswer, isSuccess, refused, retryAfterMsOf } from '../http-message.ts'
import { secondsIn } from '../seconds-in.ts'
import { sortedJson } from '../sorted-json.ts'
import { chatParts } from '../taken-back.ts'
import { messageNamedIn, linkTo, withWait } from './discord-message.ts'
import { discordText } from './discord-text.ts'

/** A webhook of Discord (spec/02 §3.5). No message of ours mentions anyone, whatever its text says. */
export const discordChannel: Channel = {
  kind: 'discord',
  prepare: (configuration, alert) => httpMessage(discordRequest(configuration, alert), interpretDiscord),
  retryPolicy: (configuration) => settingsOf(configuration).retry_policy,
}

export function discordRequest(configuration: TriggerConfig, alert: Alert): ChannelRequest {
  const { discord_url, message } = settingsOf(configuration)
  const content = discordText(chatParts(message, alert, linkTo(alert.takesBack?.sent)))
  return {
    url: withWait(discord_url.value),
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: sortedJson({ allowed_mentions: { parse: [] }, content }),
  }
}

/** 429 names its wait in the body as well, in seconds with a fraction. */
export function interpretDiscord(response: EgressResponse, now: Date): Verdict {
  const { status } = response
  if (isSuccess(status)) return { outcome: 'delivered', status, sent: messageNamedIn(response.body) }
  switch (status) {
    case 400:
      return refused(status, 'message_refused')
    case 401:
    case 403:
      return refused(status, 'not_allowed')
    case 404:
    case 410:
      return refused(status, 'channel_gone')
    case 429: {
      const waitMs = secondsIn(response.body, ['retry_after']) * 1_000
      return refused(status, 'rate_limited', 'soon', Math.max(waitMs, retryAfterMsOf(response, now)))
    }
    default:
      return interpretAnswer(response, now)
  }
}

function settingsOf({ config }: TriggerConfig): ChannelConfig<'discord'> {
  if (!('discord_url' in config)) throw new ChannelError('unsupported_channel', 'the settings are not those of Discord')
  return config
}
