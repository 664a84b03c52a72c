import type { ChannelConfig, TemplatePart, TriggerConfig } from '@smt/engine'
import type { EgressResponse } from '../../../platform/egress/egress.ts'
import { ChannelError, type Alert, type Channel, type ChannelRequest, type Verdict } from '../channel.ts'
import { defuseParts } from '../defuse.ts'
import { httpMessage, interpretAnswer, type Interpret, isSuccess, refused, retryAfterMsOf } from '../http-message.ts'
import { joinParts, text } from '../message-parts.ts'
import { secondsIn, textIn } from '../seconds-in.ts'
import { shorten } from '../shorten.ts'
import { sortedJson } from '../sorted-json.ts'
import { chatParts } from '../taken-back.ts'
import { messageNamedIn, replyTo } from './telegram-message.ts'
import { telegramMarkdown, telegramTextMax } from './telegram-text.ts'

/** A bot that writes to a chat (spec/02 §3.6). A message whose formatting Telegram cannot read goes as plain text. */
export const telegramChannel: Channel = {
  kind: 'telegram',
  prepare: (configuration, alert) => {
    const { chat_id } = settingsOf(configuration)
    const interpret: Interpret = (response, now) => {
      const verdict = interpretTelegram(response, now)
      return verdict.outcome === 'delivered' ? { ...verdict, sent: messageNamedIn(response.body, chat_id) } : verdict
    }
    return {
      ...httpMessage(telegramRequest(configuration, alert), interpret),
      plain: httpMessage(plainTelegramRequest(configuration, alert), interpret),
    }
  },
  retryPolicy: (configuration) => settingsOf(configuration).retry_policy,
}

export function telegramRequest(configuration: TriggerConfig, alert: Alert): ChannelRequest {
  const { title, body } = textOf(configuration, alert)
  const content = `*${telegramMarkdown(title, { inBold: true })}* \n\n${telegramMarkdown(body)}`
  return requestOf(configuration, alert, { parse_mode: 'MarkdownV2', text: content })
}

export function plainTelegramRequest(configuration: TriggerConfig, alert: Alert): ChannelRequest {
  const { title, body } = textOf(configuration, alert)
  return requestOf(configuration, alert, { text: `${joinParts(title)}\n\n${joinParts(body)}` })
}

/** Title and body within the limit; a text that shows nothing would be refused, so it names the monitor. */
function textOf(configuration: TriggerConfig, alert: Alert): { title: TemplatePart[]; body: TemplatePart[] } {
  const parts = chatParts(settingsOf(configuration).message, alert)
  const [title, body] = [defuseParts(parts.title), defuseParts(parts.body)]
  if (!/[^\s\p{C}*_~`[\]()]/u.test(joinParts([...title, ...body]))) return { title: [text('Alert')], body }
  const measure = (part: TemplatePart) => part.text.length
  const shortTitle = shorten(title, telegramTextMax / 4, measure)
  const room = telegramTextMax - 3 - joinParts(shortTitle).length
  return { title: shortTitle, body: shorten(body, room, measure) }
}

function requestOf(
  configuration: TriggerConfig,
  { takesBack }: Alert,
  content: { text: string; parse_mode?: string },
): ChannelRequest {
  const { token, chat_id, disable_web_preview } = settingsOf(configuration)
  return {
    url: `https://api.telegram.org/bot${token.value}/sendMessage`,
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: sortedJson({
      chat_id,
      disable_web_page_preview: disable_web_preview ?? false,
      ...replyTo(takesBack?.sent, chat_id),
      ...content,
    }),
  }
}

/** 403: the bot was removed or blocked; 401 and 404: the token is not valid; 429 names its wait in the body. */
export function interpretTelegram(response: EgressResponse, now: Date): Verdict {
  const { status, body } = response
  if (isSuccess(status)) return { outcome: 'delivered', status }
  switch (status) {
    case 400: {
      const isUnreadable = /can't parse entities/i.test(textIn(body, 'description'))
      return refused(status, 'message_refused', isUnreadable ? 'as_plain_text' : 'never')
    }
    case 401:
    case 404:
      return refused(status, 'invalid_token')
    case 403:
      return refused(status, 'not_allowed')
    case 429: {
      const waitMs = secondsIn(body, ['parameters', 'retry_after']) * 1_000
      return refused(status, 'rate_limited', 'soon', Math.max(waitMs, retryAfterMsOf(response, now)))
    }
    default:
      return interpretAnswer(response, now)
  }
}

function settingsOf({ config }: TriggerConfig): ChannelConfig<'telegram'> {
  if (!('token' in config)) throw new ChannelError('unsupported_channel', 'the settings are not those of Telegram')
  return config
}
