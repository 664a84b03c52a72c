import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alertWith, chatTrigger } from '../../testing/channel-scene.ts'
import { discordRequest } from './discord/discord-channel.ts'
import { slackRequest } from './slack/slack-channel.ts'
import { telegramRequest } from './telegram/telegram-channel.ts'

const section = '\n\n*Matched Events:*\n\n*Reason 1*\n\n*Signature:* `Note(string)`\n\n*Params:*\n\nn: `7`'

describe('the bytes of OZ Monitor', () => {
  it('are sent to Slack', () => {
    const request = slackRequest(
      chatTrigger('slack', { title: 'T', body: 'B ${events.0.args.n}' }),
      alertWith({ n: '7' }),
    )
    expect(request).toEqual({
      url: 'https://hooks.slack.com/services/T/B/s3cret',
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: String.raw`{"blocks":[{"text":{"text":"*T*\n\nB 7","type":"mrkdwn"},"type":"section"}]}`,
    })
  })

  it('are sent to Slack with a section, and what the template itself says is not escaped', () => {
    const message = { title: '<!here> & *x*', body: '${events}' }
    const { body } = slackRequest(chatTrigger('slack', message), alertWith({ n: '7' }))
    expect(JSON.parse(body).blocks[0].text.text).toBe(`*<!here> & *x**\n\n${section}`)
  })

  it('are sent to Discord, but for `allowed_mentions`', () => {
    const { body } = discordRequest(chatTrigger('discord', { title: 'T', body: 'B${events}' }), alertWith({ n: '7' }))
    expect(JSON.parse(body)).toEqual({ allowed_mentions: { parse: [] }, content: `*T*\n\nB${section}` })
  })

  it.each([
    ['B', 'B'],
    ['a.b', String.raw`a\.b`],
    ['*b* _i_ `c.d` ~s~', '*b* _i_ `c.d` ~s~'],
    ['[a.b](https://x.example/y)', String.raw`[a\.b](https://x\.example/y)`],
    ['```f()\n```', '```f()\n```'],
    ['${events}', section.replace('n: ', 'n: ')],
    ['<', '<'],
  ])('are sent to Telegram: %j', (template, expected) => {
    const { url, body } = telegramRequest(
      chatTrigger('telegram', { title: 'T', body: template }),
      alertWith({ n: '7' }),
    )
    expect(url).toBe(`https://api.telegram.org/bot12345678:${'s'.repeat(35)}/sendMessage`)
    expect(JSON.parse(body)).toEqual({
      chat_id: '-100200300',
      disable_web_page_preview: false,
      parse_mode: 'MarkdownV2',
      text: `*T* \n\n${expected}`,
    })
  })
})

/** What OZ Monitor sends, by its rules, for a template and the value `v`; and what is sent here. */
const overruled: [channel: string, template: string, value: string, oz: string, here: string][] = [
  ['slack', '${events.0.args.v}', '<!channel>', '<!channel>', '&lt;!channel&gt;'],
  ['slack', '${events.0.args.v}', '*a*', '*a*', '∗a∗'],
  ['discord', '${events.0.args.v}', '@everyone', '@everyone', '@\u2060everyone'],
  ['discord', '${events.0.args.v}', '*a*', '*a*', '∗a∗'],
  ['telegram', '${events.0.args.v}', '*a*', '*a*', String.raw`\*a\*`],
  ['telegram', '*v1.0*', '', '*v1.0*', String.raw`*v1\.0*`],
  ['telegram', '__', '', '__', String.raw`\_\_`],
]

function shownBy(channel: string, template: string, value: string): string {
  const alert = alertWith({ v: value })
  const message = { title: 'T', body: template }
  const after = (text: string, from: string) => text.slice(text.indexOf(from) + from.length)
  if (channel === 'slack')
    return after(JSON.parse(slackRequest(chatTrigger('slack', message), alert).body).blocks[0].text.text, '\n\n')
  if (channel === 'discord')
    return after(JSON.parse(discordRequest(chatTrigger('discord', message), alert).body).content, '\n\n')
  return after(JSON.parse(telegramRequest(chatTrigger('telegram', message), alert).body).text, '\n\n')
}

describe('what overrules the bytes of OZ Monitor', () => {
  it.each(overruled)('%s: %j with %j', (...[channel, template, value, oz, here]) => {
    const shown = shownBy(channel, template, value)
    expect(shown).toBe(here)
    expect(shown).not.toBe(oz)
  })

  it('is exactly what docs/compatibility.md lists', async () => {
    const page = await readFile(resolve(import.meta.dirname, '../../../../../docs/compatibility.md'), 'utf8')
    const rows = [...page.matchAll(/^\| (slack|discord|telegram) \| `(.*?)` \| `(.*?)` \| `(.*?)` \| `(.*?)` \|/gm)]
    const visible = (text: string) => text.replaceAll('\u2060', '·')
    expect(rows.map((row) => row.slice(1, 6))).toEqual(
      overruled.map(([channel, template, value, oz, here]) => [
        channel,
        template,
        value === '' ? ' ' : value,
        oz,
        visible(here),
      ]),
    )
  })
})
