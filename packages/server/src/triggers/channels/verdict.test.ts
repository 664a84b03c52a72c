import { describe, expect, it } from 'vitest'
import { alertWith, chatTrigger, sampleSending } from '../../testing/channel-scene.ts'
import type { EgressRequest } from '../../platform/egress/egress.ts'
import { runRound } from '../../delivery/round.ts'
import { quickRetriesOf } from '../../delivery/backoff.ts'
import { interpretDiscord } from './discord/discord-channel.ts'
import { interpretSlack } from './slack/slack-channel.ts'
import { interpretTelegram, telegramChannel } from './telegram/telegram-channel.ts'

const now = new Date(0)
const answer = (status: number, body: unknown = '', headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  durationMs: 1,
})
const readers = { slack: interpretSlack, discord: interpretDiscord, telegram: interpretTelegram }
type Row = [channel: keyof typeof readers, response: ReturnType<typeof answer>, says: string]

describe('the answer of', () => {
  it.each<Row>([
    ['slack', answer(200, 'ok'), 'delivered'],
    ['slack', answer(400, 'invalid_payload'), 'never message_refused 0'],
    ['slack', answer(403, 'action_prohibited'), 'never not_allowed 0'],
    ['slack', answer(404, 'no_service'), 'never channel_gone 0'],
    ['slack', answer(410, 'channel_is_archived'), 'never channel_gone 0'],
    ['slack', answer(429, '', { 'retry-after': '30' }), 'soon http_4xx 30000'],
    ['slack', answer(500, 'rollup_error'), 'soon http_5xx 0'],
    ['discord', answer(204), 'delivered'],
    ['discord', answer(400, { code: 50006 }), 'never message_refused 0'],
    ['discord', answer(401), 'never not_allowed 0'],
    ['discord', answer(404, { code: 10015 }), 'never channel_gone 0'],
    ['discord', answer(429, { retry_after: 1.25, global: false }), 'soon rate_limited 1250'],
    ['discord', answer(429, { retry_after: 1 }, { 'retry-after': '7' }), 'soon rate_limited 7000'],
    ['discord', answer(429, 'no JSON', { 'retry-after': '0.5' }), 'soon rate_limited 500'],
    ['discord', answer(502), 'soon http_5xx 0'],
    ['telegram', answer(200, { ok: true, result: { message_id: 1 } }), 'delivered'],
    [
      'telegram',
      answer(400, { description: "Bad Request: can't parse entities: x" }),
      'as_plain_text message_refused 0',
    ],
    ['telegram', answer(400, { description: 'Bad Request: chat not found' }), 'never message_refused 0'],
    ['telegram', answer(401), 'never invalid_token 0'],
    ['telegram', answer(403, { description: 'Forbidden: bot was kicked' }), 'never not_allowed 0'],
    ['telegram', answer(404), 'never invalid_token 0'],
    ['telegram', answer(429, { parameters: { retry_after: 35 } }), 'soon rate_limited 35000'],
    ['telegram', answer(429, { parameters: { retry_after: 1e9 } }), 'soon rate_limited 3600000'],
    ['telegram', answer(429, { parameters: { retry_after: -1 } }), 'soon rate_limited 0'],
    ['telegram', answer(502, '<html>'), 'soon http_5xx 0'],
  ])('%s with %j means: %s', (channel, response, says) => {
    const verdict = readers[channel](response, now)
    const { outcome } = verdict
    expect(outcome === 'delivered' ? outcome : `${verdict.repeat} ${verdict.errorClass} ${verdict.retryAfterMs}`).toBe(
      says,
    )
  })
})

describe('a Telegram message that cannot be parsed', () => {
  const run = async (second: ReturnType<typeof answer>) => {
    const sent: EgressRequest[] = []
    const refusal = answer(400, { ok: false, description: "Bad Request: can't parse entities: character" })
    const egress = {
      request: async (request: EgressRequest) => (sent.push(request) === 1 ? refusal : second),
      connect: () => Promise.reject(new Error('not by mail')),
    }
    const clock = { now: () => now, sleep: () => Promise.reject(new Error('nothing waits')) }
    const message = telegramChannel.prepare(
      chatTrigger('telegram', { title: 'T', body: 'a.b' }),
      alertWith({}),
      sampleSending,
    )
    const options = { retries: quickRetriesOf(undefined), signal: new AbortController().signal }
    return { result: await runRound({ egress, clock, random: () => 0 }, message, options), sent }
  }

  it('is resent at once, once, as plain text, and both attempts are recorded', async () => {
    const { result, sent } = await run(answer(200))
    expect(result.end).toEqual({ kind: 'delivered' })
    expect(result.attempts.map(({ errorClass }) => errorClass)).toEqual(['message_refused', null])
    expect(sent.map(({ body }) => JSON.parse(body ?? ''))).toEqual([
      expect.objectContaining({
        parse_mode: 'MarkdownV2',
        text: String.raw`*T* \n\na\.b`.replaceAll(String.raw`\n`, '\n'),
      }),
      { chat_id: '-100200300', disable_web_page_preview: false, text: 'T\n\na.b' },
    ])
  })

  it('ends for good when the plain text is refused as well', async () => {
    const { result, sent } = await run(answer(400, { description: "Bad Request: can't parse entities" }))
    expect([result.end.kind, sent.length]).toEqual(['permanent', 2])
  })
})
