import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseJson, triggerSchema } from '@smt/engine'
import { describe, expect, it } from 'vitest'
import { matchObjectOf } from '../../../delivery/match-object.ts'
import { createEgress } from '../../../platform/egress/egress.ts'
import { storedMatch } from '../../../testing/stored-alerts.ts'
import { ChannelError, type Alert } from '../channel.ts'
import { channelOf } from '../channels.ts'
import { signBody, signMessage } from './signature.ts'
import { webhookChannel, webhookRequest } from './webhook-channel.ts'

const txHash = `0x${'ab'.repeat(32)}`
const alert: Alert = { match: matchObjectOf(storedMatch(txHash)) }
const sending = { deliveryId: '018f0000-0000-7000-8000-00000000000a', incarnation: 1, now: new Date(1_700_000_000_000) }
const plain = (value: string) => ({ type: 'Plain', value })

function triggerOf(config: object) {
  const message = { title: 'Hi', body: 'Value ${transaction.value}' }
  return triggerSchema.parse({
    name: 'Ops',
    trigger_type: 'webhook',
    config: { url: plain('https://hooks.acme.example/path?a=${transaction.hash}'), message, ...config },
  })
}

const prepare = (config: object = {}, told: Alert = alert) => webhookRequest(triggerOf(config), told, sending)
const alertWithMemo = (value: string): Alert => {
  const args = [{ name: 'memo', value, indexed: false, kind: 'string' }]
  const events = [{ signature: 'Note(string)', args, hex_signature: '0x01' }]
  return { match: matchObjectOf(storedMatch(txHash, { matchedOnArgs: { functions: null, events } })) }
}
const headersOf = (config: object) => prepare(config).headers
const codeOf = (config: object, told?: Alert) => {
  try {
    prepare(config, told)
  } catch (error) {
    if (error instanceof ChannelError) return error.code
    throw error
  }
  return 'sent'
}

const standardNames = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
const standardSignature = (key: string | Buffer) => {
  const signed = 'msg_018f000000007000800000000000000a.1700000000.{"body":"Value 42","title":"Hi"}'
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
}

describe('the signature of Standard Webhooks', () => {
  // The example of the Standard Webhooks libraries.
  it('is that of its libraries', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330', body: '{"test": 2432232314}' }
    expect(signMessage(secret, message)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('has the text of any other secret as its key, and no configured header replaces it', () => {
    const headers = { 'Webhook-Signature': 'forged', 'WEBHOOK-TIMESTAMP': '1' }
    expect(headersOf({ secret: plain('schlüssel'), headers })['webhook-signature']).toBe(standardSignature('schlüssel'))
    expect(Object.keys(headersOf({ headers }))).toEqual(['Content-Type', 'webhook-id'])
  })
})

describe('the previous secret of a webhook', () => {
  it('signs as well, second, and is nothing to X-Signature or without a secret', () => {
    const request = (config: object) =>
      webhookRequest(triggerOf(config), alert, { ...sending, previousSecret: 'before' }).headers
    expect(request({ secret: plain('after') })).toEqual({
      ...headersOf({ secret: plain('after') }),
      'webhook-signature': `${standardSignature('after')} ${standardSignature('before')}`,
    })
    expect(request({})).toEqual(headersOf({}))
  })
})

describe('the signature of a webhook', () => {
  it.each([
    [
      '{"body":"Value 42","title":"Hi"}',
      '1700000000000',
      '309e452b49ca921bec2cf1752f9235e9b824b50cfe0898ab4bc3185dbca7fd63',
    ],
    [
      String.raw`{"body":"line1\nline2 \"q\"","title":"Über"}`,
      '1700000000001',
      '2aa91b166fa5e61b66da098b39181a0b97971040cbcf80641b6831bbbd347884',
    ],
  ])('of %s at %s is that of OZ Monitor', (body, timestamp, signature) => {
    expect(signBody('s3cr3t', { body, timestamp })).toBe(signature)
  })

  it('is of exactly the body and the timestamp that are sent', () => {
    expect(prepare({ secret: plain('s3cr3t') })).toEqual({
      url: 'https://hooks.acme.example/path?a=${transaction.hash}',
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-Signature': '309e452b49ca921bec2cf1752f9235e9b824b50cfe0898ab4bc3185dbca7fd63',
        'X-Timestamp': '1700000000000',
        'webhook-id': 'msg_018f000000007000800000000000000a',
        'webhook-timestamp': '1700000000',
        'webhook-signature': standardSignature('s3cr3t'),
      },
      body: '{"body":"Value 42","title":"Hi"}',
    })
  })

  it('is absent without a secret, and an empty secret sends nothing', () => {
    expect(Object.keys(headersOf({}))).toEqual(['Content-Type', 'webhook-id'])
    expect(Object.keys(headersOf({ secret: null }))).toEqual(['Content-Type', 'webhook-id'])
    expect(codeOf({ secret: plain('') })).toBe('invalid_secret')
  })

  it('is replaced by a configured header in any letter case', () => {
    const headers = headersOf({ secret: plain('s3cr3t'), headers: { 'x-signature': 'mine', 'X-TIMESTAMP': '1' } })
    expect(headers).toMatchObject({ 'x-signature': 'mine', 'X-TIMESTAMP': '1' })
    expect(Object.keys(headers)).toEqual(['Content-Type', 'x-signature', 'X-TIMESTAMP', ...standardNames])
  })
})

describe('the body of a webhook', () => {
  it('is the rendered title and body, escaped as JSON alone', () => {
    const message = {
      title: '${monitor.name} "q" ü / \u0001',
      body: '${events.0.args.value} of ${events.0.signature}\n${nothing}',
    }
    expect(prepare({ message }).body).toBe(
      String.raw`{"body":"5 of Transfer(address,address,uint256)\n${'${nothing}'}","title":"Monitor transfers \"q\" ü / \u0001"}`,
    )
  })

  it('never expands what a value from the chain says', () => {
    const told = alertWithMemo('${transaction.hash} <!channel>')
    const { body } = prepare({ message: { title: '', body: '${events.0.args.memo}' } }, told)
    expect(body).toBe('{"body":"${transaction.hash} <!channel>","title":""}')
  })

  it('is refused for good when values of the chain make it longer than can be sent', () => {
    const body = '${events.0.args.memo}'.repeat(5)
    expect(codeOf({ message: { title: '', body } }, alertWithMemo('x'.repeat(1_000_000)))).toBe('message_too_long')
  })

  it('is in raw mode the match object with all keys sorted, and no template is evaluated', () => {
    const item = { transaction: { hash: txHash, '10': 1, '9': { b: 1, a: '\u0000' } }, logs: [], receipt: null }
    const match = matchObjectOf(storedMatch(txHash, { item }))
    const { body } = prepare({ payload_mode: 'raw', message: { title: '${transaction.value}', body: '' } }, { match })
    expect(body).toContain(String.raw`"transaction":{"10":1,"9":{"a":"\u0000","b":1},"hash":"${txHash}"}`)
    const { EVM } = parseJson(body) as { EVM: object }
    expect(Object.keys(EVM)).toEqual([
      'logs',
      'matched_on',
      'matched_on_args',
      'monitor',
      'network_slug',
      'receipt',
      'transaction',
    ])
    expect(prepare({ payload_mode: 'raw' }, { match }).body).toBe(body)
  })

  it('keeps the digits of numbers that JavaScript would change', () => {
    const transaction = parseJson('{"nonce":123456789012345678901234567890,"rate":1.10,"exponent":1e3}')
    const match = matchObjectOf(storedMatch(txHash, { item: { transaction, logs: [], receipt: null } }))
    expect(prepare({ payload_mode: 'raw' }, { match }).body).toContain(
      '"transaction":{"exponent":1e3,"nonce":123456789012345678901234567890,"rate":1.10}',
    )
  })

  it('says of a digest how many matches it stands for', () => {
    const digest = {
      matchCount: 1_234,
      monitorName: 'Transfers',
      networkSlug: 'acme_evm',
      blockNumber: 2n ** 60n,
      blockHash: '0xb',
    }
    const template = prepare({ message: { title: 'T', body: '${transaction.value}' } }, { ...alert, digest })
    expect(template.body).toBe(
      '{"body":"1234 matches of Transfers in block 1152921504606846976, the first: 42","title":"T"}',
    )
    const raw = prepare({ payload_mode: 'raw' }, { ...alert, digest }).body
    expect(raw).toMatch(/^\{"digest":\{"block_hash":"0xb","block_number":1152921504606846976,"first_match":\{"EVM":/)
    expect(raw).toMatch(/"match_count":1234,"monitor":"Transfers","network_slug":"acme_evm"\}\}$/)
  })
})

describe('a retraction', () => {
  const retraction = { ...alert, isRetraction: true }

  it('is the alert with `retracted` beside it, in both modes', () => {
    expect(prepare({}, retraction).body).toBe('{"body":"Value 42","retracted":true,"title":"Retracted: Hi"}')
    const raw = prepare({ payload_mode: 'raw' }, retraction).body
    expect(raw).toBe(`${prepare({ payload_mode: 'raw' }).body.slice(0, -1)},"retracted":true}`)
  })

  it('carries the id of the alert, and the incarnation that no configured header replaces', () => {
    const trigger = triggerOf({ headers: { 'Webhook-Incarnation': 'forged' } })
    const headers = (told: Alert, incarnation: number) =>
      webhookRequest(trigger, told, { ...sending, incarnation }).headers
    const id = 'msg_018f000000007000800000000000000a'
    const type = { 'Content-Type': 'application/json' }
    expect(headers(alert, 1)).toEqual({ ...type, 'webhook-id': id })
    expect(headers(alert, 2)).toEqual({ ...type, 'webhook-id': id, 'webhook-incarnation': '2' })
    expect(headers(retraction, 1)).toEqual({ ...type, 'webhook-id': `${id}.retracted`, 'webhook-incarnation': '1' })
  })
})

describe('the headers of a webhook', () => {
  it('are the configured ones, Content-Type included in any letter case', () => {
    const headers = headersOf({ headers: { 'content-type': 'text/plain', Authorization: 'Bearer abc', 'X-Empty': '' } })
    expect(headers).toMatchObject({ 'content-type': 'text/plain', Authorization: 'Bearer abc', 'X-Empty': '' })
    expect(Object.keys(headers)).toEqual(['content-type', 'Authorization', 'X-Empty', 'webhook-id'])
  })

  it('name the delivery whatever is configured, the same in every attempt', () => {
    const config = { headers: { 'Webhook-ID': 'forged', 'WEBHOOK-id': 'forged' } }
    const later = { ...sending, now: new Date(sending.now.getTime() + 3_600_000) }
    const first = headersOf(config)
    const again = webhookRequest(triggerOf(config), alert, later).headers
    expect(Object.entries(first).filter(([name]) => name.toLowerCase() === 'webhook-id')).toEqual([
      ['webhook-id', 'msg_018f000000007000800000000000000a'],
    ])
    expect(again['webhook-id']).toBe(first['webhook-id'])
  })

  it.each([
    ['a space in its name', { 'Bad Name': 'x' }],
    ['no name', { '': 'x' }],
    ['a colon in its name', { 'X-A: b': 'x' }],
    ['a line break in its name', { 'X-A\r\nX-B': 'x' }],
    ['a line break in its value', { 'X-A': 'x\r\nX-B: y' }],
    ['a lone line feed in its value', { 'X-A': 'x\ny' }],
    ['U+0000 in its value', { 'X-A': 'x\0y' }],
    ['a letter outside of ASCII in its name', { 'X-Ä': 'x' }],
    ['Host', { Host: 'internal.example' }],
    ['Content-Length', { 'Content-Length': '0' }],
    ['Transfer-Encoding', { 'transfer-ENCODING': 'chunked' }],
    ['Connection', { Connection: 'close' }],
    ['Upgrade', { Upgrade: 'h2c' }],
    ['Expect', { Expect: '100-continue' }],
  ])('are never sent with %s', (_, headers) => {
    expect(codeOf({ headers })).toBe('invalid_header')
  })

  it('name no secret in the error that refuses them', () => {
    const secret = 'value-s3cret'
    expect(() => prepare({ headers: { 'X-A': `${secret}\n` } })).toThrow(
      /^a configured header has a value that cannot be sent$/,
    )
    expect(() => prepare({ headers: { [`${secret} `]: 'x' } })).toThrow(
      /^a configured header has a name that cannot be sent$/,
    )
  })
})

describe('the method of a webhook', () => {
  it.each(['GET', 'PUT', 'DELETE', 'POST', 'post'])('%s is sent as it is spelled, with the body', (method) => {
    expect(prepare({ method })).toMatchObject({ method, body: '{"body":"Value 42","title":"Hi"}' })
  })
  it('is POST unless configured', () => {
    expect([prepare().method, prepare({ method: null }).method]).toEqual(['POST', 'POST'])
  })
})

describe('a webhook on the wire', () => {
  it.each(['POST', 'GET', 'PUT', 'DELETE'])(
    '%s carries exactly the prepared bytes and headers and nothing that names us',
    async (method) => {
      const received: { method: string | undefined; headers: string[]; body: Buffer }[] = []
      const server = createServer((incoming, outgoing) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => {
          received.push({ method: incoming.method, headers: incoming.rawHeaders, body: Buffer.concat(chunks) })
          outgoing.end()
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const egress = createEgress({ allow: ['127.0.0.0/8'] })
      try {
        const config = {
          url: plain(`http://127.0.0.1:${port}/path?q=1`),
          secret: plain('schlüssel'),
          headers: { 'X-Name': 'Jürgen 你好' },
          message: { title: 'Über ${monitor.name}', body: '你好' },
          method,
        }
        const request = prepare(config)
        const { status } = await egress.request({ ...request, timeoutMs: 5_000, maxBodyBytes: 1_000 })
        const [got] = received
        const body = '{"body":"你好","title":"Über Monitor transfers"}'
        expect([status, received.length, got?.method, got?.body.toString('utf8')]).toEqual([200, 1, method, body])
        const pairs = Object.fromEntries(
          (got?.headers ?? []).flatMap((name, index, all) =>
            index % 2 === 0 ? [[name.toLowerCase(), all[index + 1]]] : [],
          ),
        )
        const { connection: _, ...headers } = pairs
        expect(headers).toEqual({
          host: `127.0.0.1:${port}`,
          'content-length': String(Buffer.byteLength(body)),
          'content-type': 'application/json',
          'webhook-id': 'msg_018f000000007000800000000000000a',
          'webhook-signature': expect.stringMatching(/^v1,[\w+/]{43}=$/),
          'webhook-timestamp': '1700000000',
          'x-name': Buffer.from('Jürgen 你好').toString('latin1'),
          'x-signature': createHmac('sha256', 'schlüssel').update(body).update('1700000000000').digest('hex'),
          'x-timestamp': '1700000000000',
        })
      } finally {
        await egress.close()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  )
})

describe('a trigger of another kind', () => {
  it('is never sent as a webhook', () => {
    const message = { title: '', body: '' }
    const slack = triggerSchema.parse({
      name: 'S',
      trigger_type: 'slack',
      config: { slack_url: plain('https://x.example'), message },
    })
    expect(channelOf(slack).kind).toBe('slack')
    expect(() => webhookRequest(slack, alert, sending)).toThrow(ChannelError)
  })

  it('with the settings of a webhook is sent as a webhook, as in OZ Monitor', () => {
    const trigger = triggerSchema.parse({ ...triggerOf({}), trigger_type: 'slack' })
    expect(channelOf(trigger)).toBe(webhookChannel)
  })
})
