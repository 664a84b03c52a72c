import { createServer, type AddressInfo } from 'node:net'
import { startReceiver, type Receiver } from '@smt/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createEgress, type Egress } from '../platform/egress/egress.ts'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  monitorBody,
  networkBody,
  plainSecrets,
  rowsAsText,
  startFullApi,
  triggerBody,
} from '../testing/configuration-api.ts'
import { storeMatches } from '../testing/stored-alerts.ts'

let api: TestApi
let egress: Egress
let receiver: Receiver
let tenant: TestTenant
let matchId: string
/** Of the tenant; they outlive the access tokens when the clock goes on. */
let keys: { all: string; blind: string }
let closedPort: number

const plain = (value: string) => ({ type: 'Plain', value })
const never = () => new Promise<never>(() => undefined)

beforeAll(async () => {
  receiver = await startReceiver()
  egress = createEgress({
    allow: ['127.0.0.0/8'],
    connectTimeoutMs: 100,
    resolve: async (name) => {
      if (name === 'inside.example') return ['10.0.0.1']
      if (name === 'hanging.example') return never()
      if (name === 'receiver.example') return ['127.0.0.1']
      throw new Error('ENOTFOUND')
    },
  })
  api = await startFullApi({ egress })
  closedPort = await unusedPort()
  tenant = await api.createTenant('acme')
  keys = {
    all: await api.createKey(tenant, [
      { resource: 'triggers', actions: ['read', 'write'] },
      { resource: 'networks', actions: ['write'] },
      { resource: 'monitors', actions: ['write'] },
      { resource: 'matches', actions: ['read'] },
      { resource: 'audit_events', actions: ['read'] },
    ]),
    blind: await api.createKey(tenant, [{ resource: 'triggers', actions: ['write'] }]),
  }
  await post('/networks', networkBody('acme_evm'))
  await trigger('ops')
  await post('/monitors', monitorBody('transfers'))
  const [match] = await storeMatches(api, { tenant, monitorId: 'transfers' })
  matchId = match!.id
})
afterAll(async () => {
  await egress.close()
  await receiver.stop()
  await api.close()
})
beforeEach(() => {
  receiver.requests.length = 0
  receiver.setBehaviour(() => ({ status: 200, body: 'receiver-internals' }))
  // Nothing of one test counts against the next.
  api.clock.advance(60_000)
})

async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function post(path: string, body: object): Promise<void> {
  const reply = await api.request('POST', `/tenants/acme${path}`, { token: keys.all, body })
  if (reply.status !== 201) throw new Error(reply.text)
}

/** A webhook to the receiver, with its configuration changed. */
function trigger(triggerId: string, change: object = {}): Promise<void> {
  const url = plain(`${receiver.url}/hook/${plainSecrets.hook}`)
  const message = { title: '${monitor.name}', body: '${transaction.hash} ${events.0.signature} ${events.0.args.value}' }
  return post('/triggers', triggerBody(triggerId, { url, message, ...change }))
}

function test(triggerId: string, sample: unknown, request: TestRequest = {}): Promise<TestReply> {
  const path = `/tenants/acme/triggers/${triggerId}/test`
  return api.request('POST', path, { token: keys.all, body: { sample }, ...request })
}

const bodyOf = (reply: TestReply) => JSON.parse(reply.json.request.body)

describe('the test of a trigger', () => {
  it('sends a recorded match once, and shows what was sent with its secrets masked', async () => {
    const reply = await test('ops', { match_id: matchId })
    expect([reply.status, receiver.requests.length]).toEqual([200, 1])
    const [sent] = receiver.requests
    expect(reply.json).toMatchObject({ outcome: 'delivered', http_status: 200, error_class: null, advice: null })
    expect(reply.json.latency_ms).toBeGreaterThanOrEqual(0)
    expect(reply.json.request).toMatchObject({ method: 'POST', url: `${receiver.url}/…••••path`, body: sent!.body })
    expect(bodyOf(reply).title).toBe('Monitor transfers')
    expect(sent!.headers['webhook-id']).toBe(reply.json.request.headers['webhook-id'])
    expect(reply.text).not.toMatch(/s3cret|receiver-internals/)
  })

  it.each([
    ['EVM', `0x${'7e57'.padStart(64, '0')} Transfer(address,address,uint256) 1000000000000000000`],
    ['Stellar', `${'7e57'.padStart(64, '0')} transfer(Address,Address,String,I128) \${events.0.args.value}`],
  ])('sends a made-up match of %s', async (chain, body) => {
    const reply = await test('ops', { chain })
    expect([reply.status, bodyOf(reply)]).toEqual([200, { title: 'Sample monitor', body }])
    expect(receiver.requests.map((request) => request.body)).toEqual([reply.json.request.body])
  })

  it('sends the whole match object of either family in raw mode', async () => {
    await trigger('raw', { payload_mode: 'raw' })
    for (const chain of ['EVM', 'Stellar']) {
      const reply = await test('raw', { chain })
      expect([reply.json.outcome, Object.keys(bodyOf(reply))]).toEqual(['delivered', [chain]])
    }
  })

  it('is signed as alerts are: with the previous secret as well, which is masked where it is shown', async () => {
    await trigger('rotating', { message: { title: 't', body: 'Not signature-s3cret or other-s3cret' } })
    const body = { configuration: { config: { secret: plain('other-s3cret') } } }
    await api.request('PATCH', '/tenants/acme/triggers/rotating', { token: keys.all, body })
    const reply = await test('rotating', { chain: 'EVM' })
    expect(receiver.requests[0]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    expect(bodyOf(reply).body).toBe('Not •••••••• or ••••••••')
  })

  it('knows what templates can name besides the match', async () => {
    const body = '${severity} ${network.slug} ${block.number} ${explorer.link}'
    await trigger('facts', { message: { title: 't', body } })
    expect(bodyOf(await test('facts', { match_id: matchId })).body).toMatch(/^\w+ acme_evm 100 \$\{explorer\.link\}$/)
    expect(bodyOf(await test('facts', { chain: 'EVM' })).body).toBe(
      `low sample_evm 1 https://explorer.example/tx/0x${'7e57'.padStart(64, '0')}`,
    )
  })

  it.each([
    ['slack', { slack_url: plain('https://hooks.slack.com/services/T/B/s3cret-part') }, 'POST'],
    ['discord', { discord_url: plain('https://discord.com/api/webhooks/1/s3cret-part') }, 'POST'],
    ['telegram', { token: plain(`12345678:${'s3cret-part'.padEnd(35, 'x')}`), chat_id: '42' }, 'POST'],
    [
      'email',
      {
        host: 'smtp.acme.example',
        username: plain('s3cret-user'),
        password: plain('s3cret-password'),
        sender: 'a@acme.example',
        recipients: ['b@acme.example'],
      },
      'SMTP',
    ],
  ])('shows the rendered message of %s also when the service cannot be reached', async (kind, config, method) => {
    const message = { title: 'Title', body: 'found ${network.slug}' }
    const configuration = { name: `Kind ${kind}`, trigger_type: kind, config: { ...config, message } }
    await post('/triggers', { trigger_id: `kind-${kind}`, configuration })
    const reply = await test(`kind-${kind}`, { chain: 'EVM' })
    expect(reply.json).toMatchObject({ outcome: 'failed', error_class: 'unreachable', request: { method } })
    expect(reply.json.request.body).toMatch(/found sample.*evm/)
    expect(reply.text).not.toContain('s3cret')
  })

  it('is not repeated and becomes no delivery, whatever the receiver says', async () => {
    receiver.setBehaviour(() => ({ status: 503, body: 'receiver-internals' }))
    const reply = await test('ops', { match_id: matchId })
    expect(reply.json).toMatchObject({ outcome: 'failed', http_status: 503, error_class: 'http_5xx' })
    expect(reply.text).not.toContain('receiver-internals')
    expect([receiver.requests.length, await rowsAsText(api, 'deliveries'), await rowsAsText(api, 'attempts')]).toEqual([
      1,
      '',
      '',
    ])
  })

  it.each([
    [302, 'http_3xx', /redirects/],
    [401, 'http_4xx', /credentials/],
    [404, 'http_4xx', /path of the URL/],
    [418, 'http_4xx', /refuses the request/],
    [429, 'http_4xx', /too often/],
    [500, 'http_5xx', /failed/],
  ])('says of %d what to change, and follows no redirect', async (status, errorClass, advice) => {
    receiver.setBehaviour(() => ({ status, headers: { location: `${receiver.url}/elsewhere` } }))
    const { json } = await test('ops', { chain: 'EVM' })
    expect([json.http_status, json.error_class, json.advice]).toEqual([
      status,
      errorClass,
      expect.stringMatching(advice),
    ])
    expect(receiver.requests).toHaveLength(1)
  })

  it('says what of the configuration cannot be sent, without sending', async () => {
    await trigger('unsendable', { headers: { Host: 'other.example' } })
    const { json } = await test('unsendable', { chain: 'EVM' })
    expect([json.outcome, json.error_class, json.request]).toEqual(['not_sent', 'invalid_header', null])
    expect([json.advice, receiver.requests]).toEqual([expect.stringContaining('header'), []])
  })

  it('masks credentials in headers and secrets wherever a template repeats them', async () => {
    await trigger('leaky', {
      headers: { Authorization: 'Bearer s3cret-bearer', 'X-Api-Key': 's3cret-key', 'X-Note': plainSecrets.signature },
      message: { title: plainSecrets.signature, body: 'b' },
    })
    const reply = await test('leaky', { chain: 'EVM' })
    expect(receiver.requests[0]!.headers['authorization']).toBe('Bearer s3cret-bearer')
    expect([reply.json.outcome, reply.text.includes('s3cret')]).toEqual(['delivered', false])
  })

  it('of a disabled trigger is sent, says how to enable it, and does not enable it', async () => {
    await trigger('given-up')
    await api.test.admin.query(
      `insert into trigger_health (tenant_id, trigger_id, error_class, disabled_at)
       select tenant_id, id, 'http_5xx', now() from triggers where trigger_id = 'given-up'`,
    )
    const { json } = await test('given-up', { chain: 'EVM' })
    expect(json).toMatchObject({ outcome: 'delivered', trigger_disabled_at: expect.any(String) })
    expect(json.advice).toMatch(/^The trigger is disabled.*save the trigger to enable it/)
    receiver.setBehaviour(() => ({ status: 500 }))
    expect((await test('given-up', { chain: 'EVM' })).json.advice).toMatch(/^The receiver failed.*is disabled/)
    const path = '/tenants/acme/triggers/given-up'
    expect((await api.request('GET', path, { token: keys.all })).json.disabled_at).toBe(json.trigger_disabled_at)
    expect((await api.request('PATCH', path, { token: keys.all, body: {} })).json.disabled_at).toBeNull()
    expect((await test('given-up', { chain: 'EVM' })).json.trigger_disabled_at).toBeNull()
  })

  it('is in the audit log with who did it and which sample, also when nobody could be reached', async () => {
    await trigger('audited', { url: plain('http://inside.example/') })
    await test('audited', { match_id: matchId })
    const query = 'action=trigger.test&limit=1'
    const { json } = await api.request('GET', '/tenants/acme/audit-events', { token: keys.all, query })
    expect(json.items).toMatchObject([
      {
        target: { kind: 'trigger', id: 'audited' },
        actor: { kind: 'api_key' },
        after: { sample: { match_id: matchId } },
      },
    ])
  })
})

describe('who could not be reached', () => {
  it('is told byte for byte the same, and after the same time: refused, blocked, unresolved, silent, without TLS', async () => {
    const urls = [
      `http://127.0.0.1:${closedPort}/`,
      'http://10.0.0.1/',
      'http://169.254.169.254/latest/meta-data/',
      'http://[::1]/',
      'http://inside.example/',
      'http://unknown.example/',
      'http://hanging.example/',
      receiver.url.replace('http:', 'https:'),
      'http://receiver.example:1/',
    ]
    const waits: number[] = []
    const { sleep } = api.clock
    api.clock.sleep = async (delayMs) => {
      waits.push(delayMs)
    }
    const answers = new Set<string>()
    for (const [index, url] of urls.entries()) {
      await trigger(`unreached-${index}`, { url: plain(url) })
      const startedAtMs = Date.now()
      const { status, json } = await test(`unreached-${index}`, { chain: 'EVM' })
      const tookMs = Date.now() - startedAtMs
      // What is left of the ten seconds for an answer, which nobody waits for here.
      expect([status, waits.length]).toEqual([200, index + 1])
      expect(Math.abs(waits[index]! + tookMs - 10_000)).toBeLessThan(1_000)
      const { request: _, ...told } = json
      answers.add(JSON.stringify(told))
    }
    api.clock.sleep = sleep
    expect([...answers]).toEqual([
      expect.stringMatching(/^\{"outcome":"failed","http_status":null,"error_class":"unreachable","latency_ms":null,/),
    ])
    expect(receiver.requests).toEqual([])
  })
})

describe('who may test', () => {
  it('who may write triggers; for a match as sample also the right to read it is needed', async () => {
    const token = keys.blind
    expect((await test('ops', { chain: 'EVM' }, { token })).status).toBe(200)
    const refused = await test('ops', { match_id: matchId }, { token })
    expect([refused.status, refused.json.permission]).toEqual([403, 'matches:read'])
  })

  it('nobody from another tenant: neither its trigger nor its match exists there', async () => {
    const other = await api.createTenant('other')
    const { token } = other.owner
    expect((await test('ops', { chain: 'EVM' }, { token })).status).toBe(404)
    const url = plain(`${receiver.url}/other`)
    await api.request('POST', '/tenants/other/triggers', { token, body: triggerBody('own', { url }) })
    const path = '/tenants/other/triggers/own/test'
    const foreign = await api.request('POST', path, { token, body: { sample: { match_id: matchId } } })
    const absent = await api.request('POST', path, { token, body: { sample: { match_id: tenant.id } } })
    expect([foreign.status, foreign.json.detail]).toEqual([404, absent.json.detail])
    expect(receiver.requests).toEqual([])
  })

  it.each([
    {},
    { chain: 'Solana' },
    { match_id: 'x' },
    { chain: 'EVM', match_id: '018f0000-0000-7000-8000-00000000dead' },
    null,
  ])('nobody with the sample %j', async (sample) => {
    const reply = await test('ops', sample)
    expect([reply.status, reply.json.code, receiver.requests]).toEqual([422, 'invalid_object', []])
  })

  it('two at once in a tenant, and 20 a minute', async () => {
    receiver.setBehaviour(() => ({ status: 200, delayMs: 300 }))
    const replies = await Promise.all(Array.from({ length: 3 }, () => test('ops', { chain: 'EVM' })))
    const busy = replies.filter(({ status }) => status === 503)
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 503])
    expect(busy[0]!.headers['retry-after']).toBe('1')
    receiver.setBehaviour(() => ({ status: 200 }))
    for (let begun = 2; begun < 20; begun += 1) expect((await test('ops', { chain: 'EVM' })).status).toBe(200)
    const refused = await test('ops', { chain: 'EVM' })
    expect([refused.status, refused.json.code]).toEqual([429, 'rate_limited'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    api.clock.advance(60_000)
    expect((await test('ops', { chain: 'EVM' })).status).toBe(200)
  })
})
