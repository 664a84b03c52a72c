import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import { createEgress } from '../../../platform/egress/egress.ts'
import { EgressError } from '../../../platform/egress/egress-error.ts'
import { alertWith, chatTrigger, sampleSending } from '../../../testing/channel-scene.ts'
import { quickRetriesOf } from '../../../delivery/backoff.ts'
import { runRound } from '../../../delivery/round.ts'
import type { ChannelEgress } from '../channel.ts'
import { createEmailChannel, emailChannel } from './email-channel.ts'

const closing: (() => unknown)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

type Received = { from: string; to: string[]; user: string; secure: boolean; data: string }

/** An SMTP server on loopback with a certificate of its own making; ports are led to it, whatever they are. */
async function startSmtp(options: SMTPServerOptions = {}) {
  const received: Received[] = []
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    onAuth: ({ username = '', password }, _session, done) => {
      if (password === 's3cret') done(null, { user: username })
      else done(Object.assign(new Error('no'), { responseCode: 535 }))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: String(session.user),
          secure: session.secure,
          data: Buffer.concat(chunks).toString('utf8'),
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo
  return { received, egress: leadingTo(port) }
}

function leadingTo(port: number): ChannelEgress & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    request: () => Promise.reject(new Error('not by HTTP')),
    connect: (target) =>
      new Promise<Socket>((resolve, reject) => {
        asked.push(`${target.host}:${target.port}`)
        const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject)
      }),
  }
}

const trusting = createEmailChannel({ tls: { rejectUnauthorized: false } })
const message = {
  title: '${monitor.name}: ${events.0.args.v}',
  body: '**Value** `${events.0.args.v}` [tx](https://scan.example/${transaction.hash})',
}
const alert = alertWith({ v: '<b>5</b>\r\nBcc: evil@evil.example' })

function prepare(change: object = {}, channel = trusting, told = alert) {
  return channel.prepare(chatTrigger('email', message, change), told, sampleSending)
}
const clock = { now: () => new Date() }

describe('an e-mail', () => {
  it.each([
    ['implicit TLS', undefined, 465, true],
    ['implicit TLS on a port of its own', 2465, 2465, true],
    ['STARTTLS', 587, 587, false],
  ])('arrives through %s, logged in, encrypted, to all recipients', async (_, port, asked, secure) => {
    const { received, egress } = await startSmtp({ secure })
    const verdict = await prepare(port === undefined ? {} : { port }).send(egress, clock)
    expect(verdict).toEqual({ outcome: 'delivered', status: null })
    expect(egress.asked).toEqual([`smtp.acme.example:${asked}`])
    expect(received).toMatchObject([
      { from: 'alerts@acme.example', to: ['ops@acme.example', 'dev@acme.example'], user: 'mailer', secure: true },
    ])
  })

  it('has a subject of one line, HTML in which values are text, and a plain text', async () => {
    const { received, egress } = await startSmtp({ secure: true })
    await prepare().send(egress, clock)
    const [head = '', ...body] = (received[0]?.data ?? '').split('\r\n\r\n')
    const data = body.join('\r\n\r\n').replaceAll('=\r\n', '')
    expect(head).not.toMatch(/^Bcc:/im)
    expect(head).toMatch(/^Message-ID: <msg_018f000000007000800000000000000a@acme.example>$/im)
    expect(head).toMatch(/^Reply-To: Acme Alerts <alerts@acme.example>$/im)
    expect(head).toContain('multipart/alternative')
    expect(data).toContain('<strong>Value</strong>')
    expect(data).toContain('&#60;b&#62;5&#60;/b&#62;')
    expect(data).toMatch(/<a href=3D"https:\/\/scan.example\/0x(?:ab){32}">tx<\/a>/)
  })

  it('that takes an alert back answers it', async () => {
    const { received, egress } = await startSmtp({ secure: true })
    await prepare({}, trusting, { ...alert, isRetraction: true }).send(egress, clock)
    const id = 'msg_018f000000007000800000000000000a'
    expect(received[0]?.data).toContain(`Message-ID: <${id}.retracted@acme.example>`)
    expect(received[0]?.data).toContain(`In-Reply-To: <${id}@acme.example>`)
    expect(received[0]?.data).toContain('Subject: =?UTF-8?Q?Retracted=3A_')
  })

  it.each([
    ['a wrong password', { password: { type: 'Plain', value: 'wrong' } }, {}, 'never smtp_5xx'],
    ['a full mailbox', {}, { responseCode: 452 }, 'soon smtp_4xx'],
    ['an unknown recipient', {}, { responseCode: 550 }, 'never smtp_5xx'],
  ])('with %s is judged by the reply', async (_, change, refusal, says) => {
    const { received, egress } = await startSmtp({
      secure: true,
      onRcptTo: (_address, _session, done) =>
        done('responseCode' in refusal ? Object.assign(new Error('no'), refusal) : null),
    })
    const verdict = await prepare(change).send(egress, clock)
    expect(verdict.outcome === 'failed' && `${verdict.repeat} ${verdict.errorClass}`).toBe(says)
    expect(received).toEqual([])
  })

  /** A server that answers each recipient with its code, as long as there is one. */
  const refusing = (codes: Record<string, number[]>): SMTPServerOptions => ({
    secure: true,
    onRcptTo: ({ address }, _session, done) => {
      const responseCode = codes[address]?.shift()
      done(responseCode === undefined ? null : Object.assign(new Error(`no ${address}`), { responseCode }))
    },
  })
  const three = { recipients: ['ops@acme.example', 'Dev <dev@acme.example>', 'boss@acme.example'] }

  it('goes again to those alone who were refused for now, with identical bytes', async () => {
    const { received, egress } = await startSmtp(refusing({ 'dev@acme.example': [451, 451] }))
    const round = await runRound(
      { egress, clock: { ...clock, sleep: async () => undefined }, random: () => 0 },
      prepare(three),
      {
        retries: quickRetriesOf({ max_retries: 3, jitter: 'none' }),
        signal: new AbortController().signal,
      },
    )
    expect(round.end).toEqual({ kind: 'delivered', sent: undefined })
    expect(round.recipients).toBeUndefined()
    expect(round.attempts.map(({ errorClass }) => errorClass)).toEqual(['smtp_4xx', 'smtp_4xx', null])
    expect(received.map(({ to }) => to)).toEqual([['ops@acme.example', 'boss@acme.example'], ['dev@acme.example']])
    expect(received[1]?.data.replace(/boundary.*|--.*/g, '')).toContain('To: ops@acme.example, Dev <dev@acme.example>')
    expect(JSON.stringify(round)).not.toContain('acme.example')
  })

  it('is delivered when the rest is refused for good, and says who', async () => {
    const { received, egress } = await startSmtp(
      refusing({ 'dev@acme.example': [550], 'boss@acme.example': [451, 550] }),
    )
    const first = await prepare(three).send(egress, clock)
    expect(first).toMatchObject({
      outcome: 'failed',
      errorClass: 'smtp_4xx',
      repeat: 'soon',
      partly: { recipients: { 'ops@acme.example': 'accepted', 'dev@acme.example': 'refused' } },
    })
    // A later round knows what became of them in this one.
    const later = { ...sampleSending, recipients: first.partly?.recipients }
    const second = await trusting.prepare(chatTrigger('email', message, three), alert, later).send(egress, clock)
    expect(second).toEqual({
      outcome: 'delivered',
      status: null,
      partly: {
        recipients: { 'ops@acme.example': 'accepted', 'dev@acme.example': 'refused', 'boss@acme.example': 'refused' },
      },
    })
    expect(received.map(({ to }) => to)).toEqual([['ops@acme.example']])
  })

  it('is refused when all are refused for good, some of them later', async () => {
    const codes = { 'ops@acme.example': [550], 'dev@acme.example': [451, 550], 'boss@acme.example': [550] }
    const { received, egress } = await startSmtp(refusing(codes))
    const first = await prepare(three).send(egress, clock)
    expect(first).toMatchObject({ outcome: 'failed', errorClass: 'smtp_4xx' })
    const second = await first.partly?.rest?.send(egress, clock)
    expect(second).toMatchObject({ outcome: 'failed', errorClass: 'smtp_5xx', repeat: 'never' })
    expect(received).toEqual([])
  })

  it('goes to everybody again when nobody who is left is named by the trigger any more', async () => {
    const { received, egress } = await startSmtp({ secure: true })
    const recipients = { 'ops@acme.example': 'accepted', 'dev@acme.example': 'accepted' } as const
    const sending = { ...sampleSending, recipients }
    await trusting.prepare(chatTrigger('email', message, {}), alert, sending).send(egress, clock)
    expect(received.map(({ to }) => to)).toEqual([['ops@acme.example', 'dev@acme.example']])
  })

  const codeOf = (sending: Promise<unknown>) =>
    sending.then(
      () => 'sent',
      (error: unknown) => (error instanceof EgressError ? `${error.code} ${error.tenantCode}` : String(error)),
    )

  it('is not sent to a server that cannot prove its name', async () => {
    const { received, egress } = await startSmtp({ secure: true })
    expect(await codeOf(prepare({}, emailChannel).send(egress, clock))).toBe('tls_failure unreachable')
    expect(received).toEqual([])
  })

  it('is not sent, nor the password said, where STARTTLS is not offered', async () => {
    const heard: string[] = []
    const server = createServer((socket) => {
      socket.on('error', () => undefined).write('220 hello\r\n')
      socket.on('data', (data) => {
        heard.push(String(data))
        socket.write(String(data).startsWith('EHLO') ? '250-hello\r\n250 AUTH PLAIN\r\n' : '502 no\r\n')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const { port } = server.address() as AddressInfo
    const sending = prepare({ port: 587 })
      .send(leadingTo(port), clock)
      .catch(() => undefined)
    expect(await sending).not.toMatchObject({ outcome: 'delivered' })
    expect(heard.join('')).not.toMatch(/AUTH|s3cret|MAIL/)
  })

  it('goes through the wall: loopback is not reached', async () => {
    const egress = createEgress({ allow: [], resolve: async () => ['127.0.0.1'] })
    closing.push(() => egress.close())
    expect(await codeOf(prepare().send(egress, clock))).toBe('blocked_address unreachable')
  })
})
