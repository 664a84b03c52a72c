import { matchVariables, renderTemplateParts } from '@smt/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertWith, chatTrigger, sampleSending, type ChatKind } from '../../testing/channel-scene.ts'
import { parseTelegram } from '../../testing/telegram-grammar.ts'
import type { Alert } from './channel.ts'
import { discordRequest } from './discord/discord-channel.ts'
import { emailMessage } from './email/email-message.ts'
import { slackRequest } from './slack/slack-channel.ts'
import { plainTelegramRequest, telegramRequest } from './telegram/telegram-channel.ts'

const hostile = [
  '<!channel> <@U1> <https://evil.example|click>',
  '@here @everyone @channel',
  '[click](https://evil.example)',
  '](https://evil.example) [x',
  'https://evil.example/a?b=c',
  'www.evil.example',
  '<img src=x onerror=alert(1)><a href="https://evil.example">x</a>',
  '*bold* _italic_ ~gone~ ||hidden|| `code` ```block```',
  '*',
  '_',
  '`',
  '\\',
  ')',
  '\r\nBcc: evil@evil.example\r\n\r\n',
  '\n> quote\n# title\n- list',
  '&lt;!channel&gt;',
  ':fire: /kick',
  '${transaction.hash}${events}',
  '\u202egnp.exe\u2066',
  'x'.repeat(9_000),
  '🔥'.repeat(3_000),
  '&'.repeat(4_000),
  '*`_'.repeat(2_000),
  '\ue000\ue001',
]
const value = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' }), fc.string())
const values = fc.dictionary(fc.oneof(fc.constantFrom('a', 'b'), value), value, { maxKeys: 4 })
const placeholder = fc.constantFrom(
  '${events.0.args.a}',
  '${events.0.args.b}',
  '${events}',
  '${monitor.name}',
  '${nothing}',
)
/** Found by chance: links inside other markup. */
const insideMarkup = [
  '*[[${events.0.args.a}*',
  '*[v](${events.0.args.a})*',
  '_[v](${events.0.args.a})_',
  '~[v](~${events.0.args.a}~)~',
]
const words = fc.constantFrom('Hello ', 'v1', ' ', '\n', '. ', '- ', '! ', '(x) ', '{y}', '= ', '+', 'Ü 你 ')
const markup = fc.constantFrom('*', '~', '`', '```', '*b*', '`c`')
const reserved = fc.constantFrom(
  '_',
  '__',
  '[',
  ']',
  '(',
  ')',
  '\\',
  '|',
  '||',
  '>',
  '#',
  '_i_',
  '[tx](https://scan.example/${events.0.args.a})',
  '[v](${events.0.args.a})',
)
const templateOf = (...pieces: fc.Arbitrary<string>[]) =>
  fc.array(fc.oneof(...pieces), { maxLength: 12 }).map((list) => list.join(''))
const calm = templateOf(placeholder, words, markup)
const wild = templateOf(placeholder, words, markup, reserved)

function alertsOf(args: Record<string, string>): Alert[] {
  const alert = alertWith(args)
  const monitorName = Object.values(args)[0] ?? 'M'
  const digest = { matchCount: 1_001, monitorName, networkSlug: 'n', blockNumber: 1n, blockHash: '0xb' }
  return [alert, { ...alert, digest }, { ...alert, digest, isRetraction: true }]
}

function check(
  template: fc.Arbitrary<string>,
  kind: ChatKind,
  judge: (trigger: ReturnType<typeof chatTrigger>, alert: Alert) => void,
) {
  fc.assert(
    fc.property(template, template, values, (title, body, args) => {
      for (const alert of alertsOf(args)) judge(chatTrigger(kind, { title, body }, {}), alert)
    }),
    { numRuns: 200 },
  )
}

const bodyOf = ({ body }: { body: string }) => JSON.parse(body)
const count = (text: string, character: string) => text.split(character).length - 1

/** What the template itself says. */
function saidBy(trigger: ReturnType<typeof chatTrigger>, alert: Alert): string {
  if (!('message' in trigger.config) || trigger.config.message === undefined) throw new Error('no message')
  const { title, body } = trigger.config.message
  const parts = renderTemplateParts(`*${title}*\n\n${body}`, matchVariables(alert.match))
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
}

const mention = /[@#][\p{L}\p{N}]/u
const address = /:\/\/|www\.\p{L}|\.example/u

function expectNoMarkupOfValues(shown: string, said: string) {
  expect(shown).not.toMatch(mention)
  expect(shown).not.toMatch(address)
  for (const mark of ['*', '~', '`']) expect(count(shown, mark)).toBeLessThanOrEqual(count(said, mark))
  expect(shown).not.toMatch(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/u)
  expect(shown).not.toMatch(/[\u202a-\u202e\u2066-\u2069\r]/)
}

describe('whatever a template says and a value holds', () => {
  it('Slack accepts the text, and no value is a mention, a link or markup in it', () => {
    check(calm, 'slack', (trigger, alert) => {
      const { text } = bodyOf(slackRequest(trigger, alert)).blocks[0].text
      expect(text.length).toBeLessThanOrEqual(3_000)
      expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
      expectNoMarkupOfValues(text, saidBy(trigger, alert))
    })
  })

  it('Discord accepts the text, and no value is a mention, a link or markup in it', () => {
    check(calm, 'discord', (trigger, alert) => {
      const { content, allowed_mentions } = bodyOf(discordRequest(trigger, alert))
      expect(content.length).toBeLessThanOrEqual(2_000)
      expect(allowed_mentions).toEqual({ parse: [] })
      expect(content).not.toMatch(/<[@#:a-z/t]|\]\(/)
      expectNoMarkupOfValues(content, saidBy(trigger, alert))
    })
  })

  it.each(insideMarkup)('Telegram shows no link to a value inside of %s', (template) => {
    for (const a of ['', 'https://evil.example/', 'evil.example'])
      for (const alert of alertsOf({ a })) {
        const { text } = bodyOf(
          telegramRequest(chatTrigger('telegram', { title: template, body: template }, {}), alert),
        )
        expect(parseTelegram(text).links).toEqual([])
      }
  })

  it('Telegram can parse the text, and no value is a mention or decides where a link leads', () => {
    check(wild, 'telegram', (trigger, alert) => {
      const { text, parse_mode } = bodyOf(telegramRequest(trigger, alert))
      const { visible, links } = parseTelegram(text)
      expect(parse_mode).toBe('MarkdownV2')
      expect(visible.length).toBeLessThanOrEqual(4_096)
      expect(visible.trim()).not.toBe('')
      // What the template spells out by itself is its own.
      const said = saidBy(trigger, alert).replaceAll('\\', '')
      const others = links.filter((link) => !said.includes(`](${link.replaceAll('\\', '')})`))
      for (const link of others) expect(link).toMatch(/^(?:https:\/\/scan\.example\/|\$\{)/)
      const plain = bodyOf(plainTelegramRequest(trigger, alert))
      expect(plain.text.length).toBeLessThanOrEqual(4_096)
      expect(plain).not.toHaveProperty('parse_mode')
      for (const shown of [visible, plain.text]) {
        expect(shown).not.toMatch(/@[\p{L}\p{N}]/u)
        expect(shown.replaceAll('https://scan.example/', '')).not.toMatch(address)
      }
    })
  })

  it('mail holds one line of subject, and no value is a tag or decides where a link leads', () => {
    check(wild, 'email', (trigger, alert) => {
      if (!('host' in trigger.config)) throw new Error('no mail')
      const { subject, html, text } = emailMessage(trigger.config, alert, sampleSending)
      // oxlint-disable-next-line no-control-regex -- what a header must not hold
      expect(subject).not.toMatch(/[\0-\x1f\x7f]/)
      expect(subject.length).toBeLessThanOrEqual(250)
      for (const [tag] of html.matchAll(/<[^>]*>/g)) {
        expect(tag).toMatch(
          /^<(?:\/?[a-z]+[1-6]?|code class="language-[^"<>]*"|a href="(?!https?:|javascript:)[^":]*"|a href="https:\/\/scan\.example\/[^"]*"|ol start="\d+"|br|hr)>$/,
        )
      }
      expect(text).not.toMatch(/@[\p{L}\p{N}]/u)
    })
  })
})
