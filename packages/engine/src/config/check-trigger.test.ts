import { describe, expect, it } from 'vitest'
import { checkTrigger } from './check-trigger.ts'
import { JsonNumber } from './json.ts'

const message = { title: 'A title', body: 'A body' }

function plain(value: string) {
  return { type: 'Plain', value }
}

const configs = {
  slack: { slack_url: plain('https://hooks.slack.com/services/A/B'), message },
  discord: { discord_url: plain('https://discord.com/api/webhooks/1/x'), message },
  telegram: { token: plain(`12345678:${'a'.repeat(35)}`), chat_id: '42', message },
  webhook: { url: plain('https://hooks.acme.example/in'), headers: { 'X-API-Key': 'k' }, message },
  email: {
    host: 'smtp.acme.example',
    username: plain('u'),
    password: plain('p'),
    message,
    sender: 'a@acme.example',
    recipients: ['b@acme.example'],
  },
  script: { language: 'Python', script_path: './x.py', timeout_ms: 1000 },
}

function trigger(type: keyof typeof configs, change: object = {}) {
  return { name: 'Ops', trigger_type: type, config: { ...configs[type], ...change } }
}

function found(value: unknown, kind: 'problems' | 'warnings'): string[] {
  return checkTrigger(value)[kind].map(({ pointer, code }) => `${pointer} ${code}`)
}

const types = Object.keys(configs) as (keyof typeof configs)[]

type Accepted = readonly [what: string, value: unknown]
type Refused = readonly [what: string, value: unknown, expected: readonly string[]]

describe('checkTrigger', () => {
  it.each<Accepted>([
    ...types.map((type) => [`a ${type} trigger`, trigger(type)] as const),
    ['the shortest Slack URL (32)', trigger('slack', { slack_url: plain('https://hooks.slack.com/') })],
    ['a Discord body of 2000 bytes (33)', trigger('discord', { message: { title: 't', body: 'x'.repeat(2000) } })],
    ['a Telegram body of 4096 bytes (34)', trigger('telegram', { message: { title: 't', body: 'x'.repeat(4096) } })],
    ['a method in lower case (35)', trigger('webhook', { method: 'post' })],
    [
      'raw mode without message (35)',
      { ...trigger('webhook'), config: { url: plain('https://x'), payload_mode: 'raw' } },
    ],
    [
      'raw mode with a blank message (35)',
      trigger('webhook', { payload_mode: 'raw', message: { title: '', body: ' ' } }),
    ],
    ['null for everything optional of a webhook', trigger('webhook', { method: null, secret: null, headers: null })],
    ['an empty HMAC secret', trigger('webhook', { secret: plain('') })],
    ['a line break in an e-mail title (36)', trigger('email', { message: { title: 'a\nb', body: 'a\r\n\tb' } })],
    ['port 25 (36)', trigger('email', { port: 25 })],
    ['a recipient without a dot (36)', trigger('email', { recipients: ['a@b', 'Ops <a@b>'] })],
    ['an IPv4 mail host', trigger('email', { host: '127.0.0.1' })],
    [
      'durations in both forms (37)',
      trigger('slack', {
        retry_policy: { initial_backoff: { secs: 1, nanos: 0 }, max_backoff: [9, 5_000_000_000n & 0xffffffffn] },
      }),
    ],
    ['an unknown retry field (37)', trigger('slack', { retry_policy: { foo: 1 } })],
    ['an empty retry policy (37)', trigger('slack', { retry_policy: {} })],
    ['a type that differs from the shape (39)', { ...trigger('webhook'), trigger_type: 'slack' }],
    ['a secret kept elsewhere', trigger('slack', { slack_url: { type: 'Environment', value: 'X' } })],
    ['a blank name', { ...trigger('slack'), name: ' ' }],
  ])('accepts %s', (_, value) => {
    const checked = checkTrigger(value)
    expect(checked.problems).toEqual([])
    expect(checked.value).toEqual(value)
  })

  it.each<Refused>([
    [
      'another Slack host (32)',
      trigger('slack', { slack_url: plain('https://hooks.slack.com.evil/x') }),
      ['/config/slack_url/value invalid_url'],
    ],
    ['an empty Slack URL (11)', trigger('slack', { slack_url: plain('') }), ['/config/slack_url/value invalid_url']],
    [
      'another Discord host (33)',
      trigger('discord', { discord_url: plain('https://discordapp.com/api/webhooks/1/x') }),
      ['/config/discord_url/value invalid_url'],
    ],
    [
      'a Discord body of 2001 bytes (33)',
      trigger('discord', { message: { title: 't', body: 'x'.repeat(2001) } }),
      ['/config/message/body too_long'],
    ],
    [
      'a Discord body of 1001 two-byte characters (33)',
      trigger('discord', { message: { title: 't', body: 'é'.repeat(1001) } }),
      ['/config/message/body too_long'],
    ],
    [
      'a short Telegram token (34)',
      trigger('telegram', { token: plain(`12345678:${'a'.repeat(34)}`) }),
      ['/config/token/value invalid_format'],
    ],
    ['a numeric chat_id (34)', trigger('telegram', { chat_id: 42 }), ['/config/chat_id invalid_type']],
    [
      'a Telegram body of 4097 bytes (34)',
      trigger('telegram', { message: { title: 't', body: 'x'.repeat(4097) } }),
      ['/config/message/body too_long'],
    ],
    ['PATCH (35)', trigger('webhook', { method: 'PATCH' }), ['/config/method invalid_value']],
    [
      'template mode without message (35)',
      { ...trigger('webhook'), config: { url: plain('https://x') } },
      ['/config/message required'],
    ],
    [
      'an empty message in raw mode (35)',
      trigger('webhook', { payload_mode: 'raw', message: {} }),
      ['/config/message/title required', '/config/message/body required'],
    ],
    ['RAW (35)', trigger('webhook', { payload_mode: 'RAW' }), ['/config/payload_mode invalid_value']],
    ['localhost as mail host (36)', trigger('email', { host: 'localhost' }), ['/config/host invalid_format']],
    [
      'U+0007 in an e-mail (36)',
      trigger('email', { message: { title: 'a\u0007', body: 'b\u0007' } }),
      ['/config/message/title invalid_character', '/config/message/body invalid_character'],
    ],
    ['no recipients (36)', trigger('email', { recipients: [] }), ['/config/recipients too_short']],
    ['a bad recipient', trigger('email', { recipients: ['a@b', 'nobody'] }), ['/config/recipients/1 invalid_email']],
    ['a port beyond 65535', trigger('email', { port: 65536 }), ['/config/port out_of_range']],
    [
      'a numeric duration (37)',
      trigger('slack', { retry_policy: { initial_backoff: 250 } }),
      ['/config/retry_policy/initial_backoff invalid_shape'],
    ],
    [
      'an incomplete duration',
      trigger('slack', { retry_policy: { initial_backoff: { secs: 1 } } }),
      ['/config/retry_policy/initial_backoff/nanos required'],
    ],
    [
      'a duration of three',
      trigger('slack', { retry_policy: { initial_backoff: [1, 2, 3] } }),
      ['/config/retry_policy/initial_backoff too_long'],
    ],
    [
      'jitter in capitals (37)',
      trigger('slack', { retry_policy: { jitter: 'Full' } }),
      ['/config/retry_policy/jitter invalid_value'],
    ],
    ['null for the retry policy', trigger('slack', { retry_policy: null }), ['/config/retry_policy invalid_type']],
    [
      'a decimal for the retry policy',
      trigger('slack', { retry_policy: new JsonNumber('1.0') }),
      ['/config/retry_policy invalid_type'],
    ],
    [
      'a script with a retry policy and message (38)',
      trigger('script', { retry_policy: {}, message }),
      ['/config/retry_policy unknown_field', '/config/message unknown_field'],
    ],
    ['a lower-case language (30)', trigger('script', { language: 'bash' }), ['/config/language invalid_value']],
    ['arguments as one string (30)', trigger('script', { arguments: '--v' }), ['/config/arguments invalid_type']],
    ['a timeout of 0 (30)', trigger('script', { timeout_ms: 0 }), ['/config/timeout_ms out_of_range']],
    [
      'an extension in capitals (30)',
      trigger('script', { script_path: 'x.PY' }),
      ['/config/script_path invalid_value'],
    ],
    [
      'a name for an extension',
      trigger('script', { script_path: 'dir.py/.py' }),
      ['/config/script_path invalid_value'],
    ],
    ['an unknown type', { ...trigger('slack'), trigger_type: 'Slack' }, ['/trigger_type invalid_value']],
    ['an empty name', { ...trigger('slack'), name: '' }, ['/name too_short']],
    ['a missing config', { name: 'x', trigger_type: 'slack' }, ['/config required']],
    ['null for config', { name: 'x', trigger_type: 'slack', config: null }, ['/config invalid_type']],
    ['fields of two channels', trigger('slack', { url: plain('https://x') }), ['/config/url unknown_field']],
    ['a header that is no string', trigger('webhook', { headers: { a: 1 } }), ['/config/headers/a invalid_type']],
    [
      'a key __proto__',
      trigger('webhook', { headers: JSON.parse('{"__proto__":"x"}') }),
      ['/config/headers/__proto__ prohibited_key'],
    ],
    ['a string (4)', 'x', [' invalid_type']],
  ])('refuses %s', (_, value, expected) => {
    expect(found(value, 'problems')).toEqual(expected)
    expect(checkTrigger(value)).not.toHaveProperty('value')
  })

  it('reports all problems of shape and rules together', () => {
    const value = {
      trigger_type: 'email',
      config: {
        host: ' ',
        username: plain('a\u0001'),
        password: plain(''),
        sender: 'x',
        message: { title: ' ', more: 1 },
        port: -1,
      },
    }
    expect(found(value, 'problems').toSorted()).toEqual([
      '/config/host blank',
      '/config/message/body required',
      '/config/message/more unknown_field',
      '/config/message/title blank',
      '/config/password/value blank',
      '/config/port out_of_range',
      '/config/recipients required',
      '/config/sender invalid_email',
      '/config/username/value invalid_character',
      '/name required',
    ])
  })

  it.each([
    ['nothing', trigger('webhook'), []],
    [
      'a webhook without authentication header',
      trigger('webhook', { headers: null }),
      ['/config missing_authentication'],
    ],
    [
      'authorization in lower case (40)',
      trigger('webhook', { headers: { authorization: 'x' } }),
      ['/config/headers missing_authentication'],
    ],
    ['an http webhook', trigger('webhook', { url: plain('http://x') }), ['/config/url/value insecure_url']],
    [
      'a webhook on another port',
      trigger('webhook', { url: plain('https://x:8443') }),
      ['/config/url/value unusual_port'],
    ],
    ['port 25 (36)', trigger('email', { port: 25 }), ['/config/port unusual_smtp_port']],
    ['no port (36)', trigger('email'), []],
    ['port 587', trigger('email', { port: 587 }), []],
    [
      'an initial backoff above the default maximum',
      trigger('slack', { retry_policy: { initial_backoff: [11, 0] } }),
      ['/config/retry_policy backoff_order'],
    ],
    [
      'a shape of another type (39)',
      { ...trigger('webhook'), trigger_type: 'slack' },
      ['/config trigger_type_mismatch'],
    ],
    ['a shape that cannot be sent', { ...trigger('slack'), trigger_type: 'email' }, ['/config trigger_type_mismatch']],
    [
      'an insecure URL that only a mismatch lets in',
      { ...trigger('slack', { slack_url: plain('http://x') }), trigger_type: 'discord' },
      ['/config trigger_type_mismatch', '/config/slack_url/value insecure_url'],
    ],
  ])('warns about %s', (_, value, expected) => {
    expect(found(value, 'warnings')).toEqual(expected)
    expect(found(value, 'problems')).toEqual([])
  })

  it('never shows a secret in a message', () => {
    for (const type of types) {
      const fields = {
        slack_url: plain('hush'),
        discord_url: plain('hush'),
        token: plain('hush'),
        url: plain('hush'),
        username: plain('hush\u0001'),
        password: plain('hush'),
        secret: 'hush',
      }
      const { problems, warnings } = checkTrigger({
        name: 1,
        trigger_type: type,
        config: { ...configs[type], ...fields },
      })
      expect(problems.length).toBeGreaterThan(0)
      expect(JSON.stringify([problems, warnings])).not.toContain('hush')
    }
  })
})
