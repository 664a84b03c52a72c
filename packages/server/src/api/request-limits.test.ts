import { beforeEach, describe, expect, it } from 'vitest'
import {
  startTestApi,
  testPassword,
  type TestApi,
  type TestReply,
  type TestTenant,
  type TestUser,
} from '../testing/api-harness.ts'

/** Few enough to be reached, and apart from each other. */
const rates = { caller: 6, tenant: 9, address: 4 }
const stranger = '203.0.113.7'

let api: TestApi
let tenant: TestTenant
let member: TestUser

// One database for all: what is counted is in the process, and each test begins a minute later.
beforeEach(async () => {
  api ??= await startTestApi({ rates, trustedProxies: ['10.0.0.0/8'] })
  if (tenant === undefined) {
    tenant = await api.createTenant('acme')
    api.clock.advance(60_000)
    member = await api.addUser(tenant, 'member')
  }
  api.clock.advance(60_000)
  // Tokens live for ten minutes of that clock.
  for (const user of [tenant.owner, member]) {
    const body = { email: user.email, password: testPassword }
    user.token = (await api.request('POST', '/auth/login', { body })).json.access_token
  }
  api.clock.advance(60_000)
})

const read = (token?: string, extra: { remoteAddress?: string; headers?: Record<string, string> } = {}) =>
  api.request('GET', `/tenants/${tenant.slug}`, { token, ...extra })

async function times(count: number, send: () => Promise<TestReply>): Promise<number[]> {
  const statuses: number[] = []
  for (let call = 0; call < count; call += 1) statuses.push((await send()).status)
  return statuses
}

function expectRefusal(reply: TestReply, limit: string): number {
  expect(reply.status).toBe(429)
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(reply.json).toMatchObject({ code: 'rate_limited', status: 429, limit })
  expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  return Number(reply.headers['retry-after'])
}

describe('requests with a credential', () => {
  it('say what they counted against and what is left, on success and on failure', async () => {
    const policy = '"caller";q=6;w=60, "tenant";q=9;w=60'
    const first = await read(tenant.owner.token)
    expect(first.headers).toMatchObject({
      'ratelimit-policy': policy,
      ratelimit: '"caller";r=5;t=10, "tenant";r=8;t=7',
    })
    const failed = await api.request('GET', '/tenants/acme/members/nobody', { token: tenant.owner.token })
    expect([failed.status, failed.headers['ratelimit']]).toEqual([405, '"address";r=3;t=15'])
    const foreign = await api.request('GET', '/tenants/not-mine', { token: tenant.owner.token })
    expect([foreign.status, foreign.headers['ratelimit-policy'], foreign.headers['ratelimit']]).toEqual([
      404,
      '"caller";q=6;w=60',
      '"caller";r=4;t=20',
    ])
  })

  it('are refused beyond the limit of their caller, and succeed after as long as they were told to wait', async () => {
    const key = await api.createKey(tenant, [{ resource: 'tenant', actions: ['read'] }])
    expect(await times(6, () => read(key))).toEqual([200, 200, 200, 200, 200, 200])
    for (let round = 0; round < 3; round += 1) {
      const waitS = expectRefusal(await read(key), 'caller')
      api.clock.advance(waitS * 1_000 - 1_001)
      expect((await read(key)).status).toBe(429)
      api.clock.advance(1_001)
      expect((await read(key)).status).toBe(200)
    }
    expect((await read(member.token)).status).toBe(200)
  })

  it('count for the caller also where they are answered 403 and 404', async () => {
    const key = await api.createKey(tenant, [{ resource: 'monitors', actions: ['read'] }])
    const statuses = [
      ...(await times(3, () => read(key))),
      ...(await times(4, () => api.request('GET', '/tenants/elsewhere', { token: key }))),
    ]
    expect(statuses).toEqual([403, 403, 403, 404, 404, 404, 429])
  })

  it('are refused beyond the limit of their tenant, whoever sends them, while other tenants are not', async () => {
    const other = await api.createTenant('other')
    expect(await times(6, () => read(tenant.owner.token))).not.toContain(429)
    expect(await times(3, () => read(member.token))).not.toContain(429)
    const waitS = expectRefusal(await read(member.token), 'tenant')
    expect((await api.request('GET', '/tenants/other', { token: other.owner.token })).status).toBe(200)
    api.clock.advance(waitS * 1_000)
    expect((await read(member.token)).status).toBe(200)
  })

  it('never wait for what others do from the same address', async () => {
    await times(10, () => read('Bearer nonsense', { remoteAddress: stranger }))
    expect((await read(tenant.owner.token, { remoteAddress: stranger })).status).toBe(200)
  })

  it('are let in at most limit + burst times in a minute, however they come', async () => {
    let admitted = 0
    for (let second = 0; second < 60; second += 1) {
      if ((await read(tenant.owner.token)).status === 200) admitted += 1
      api.clock.advance(1_000)
    }
    expect(admitted).toBeGreaterThanOrEqual(rates.caller)
    expect(admitted).toBeLessThanOrEqual(2 * rates.caller)
  })
})

describe('requests without a valid credential', () => {
  const login = (extra: { remoteAddress?: string; headers?: Record<string, string> }) =>
    api.request('POST', '/auth/refresh', { body: { refresh_token: 'nothing' }, ...extra })

  it('are counted by address: public operations, bad credentials, and what does not exist', async () => {
    const at = { remoteAddress: stranger }
    const replies = [
      await login(at),
      await read(undefined, at),
      await read('smt_nonsense', at),
      await api.request('GET', '/nothing/here', at),
      await login(at),
      await read(undefined, at),
    ]
    expect(replies.map(({ status }) => status)).toEqual([401, 401, 401, 404, 429, 429])
    expect(replies.slice(0, 4).map(({ headers }) => headers['ratelimit'])).toEqual([
      '"address";r=3;t=15',
      '"address";r=2;t=30',
      '"address";r=1;t=45',
      '"address";r=0;t=60',
    ])
    expectRefusal(replies[4]!, 'address')
    expect((await login({ remoteAddress: '203.0.113.8' })).status).toBe(401)
  })

  it('are one address in all of an IPv6 /64, and a mapped IPv4 address is that address', async () => {
    for (const host of ['1', '2', 'ffff:1', '3']) await login({ remoteAddress: `2001:db8:1:2::${host}` })
    expect((await login({ remoteAddress: '2001:db8:1:2:a:b:c:d' })).status).toBe(429)
    expect((await login({ remoteAddress: '2001:db8:1:3::1' })).status).toBe(401)
    for (let call = 0; call < 4; call += 1) await login({ remoteAddress: '::ffff:198.51.100.1' })
    expect((await login({ remoteAddress: '198.51.100.1' })).status).toBe(429)
  })

  it('cannot choose their address: X-Forwarded-For is ignored unless a trusted proxy sends it', async () => {
    const forged = (index: number) => ({
      'x-forwarded-for': `198.51.100.${index}`,
      forwarded: `for=198.51.100.${index}`,
      'x-real-ip': `198.51.100.${index}`,
    })
    for (let call = 0; call < 4; call += 1) await login({ remoteAddress: stranger, headers: forged(call) })
    expect((await login({ remoteAddress: stranger, headers: forged(9) })).status).toBe(429)
  })

  it('are told apart behind a trusted proxy, by the last address that it did not make itself', async () => {
    const behind = (forwarded: string) => ({ remoteAddress: '10.1.2.3', headers: { 'x-forwarded-for': forwarded } })
    // What clients put in front is no way around.
    for (let call = 0; call < 4; call += 1) await login(behind(`192.0.2.${call}, ${stranger}, 10.9.9.9`))
    expect((await login(behind(`${stranger}:4711`))).status).toBe(429)
    expect((await login(behind('198.51.100.77'))).status).toBe(401)
    // What is no address counts for the proxy, and is no reason to fail.
    for (let call = 0; call < 4; call += 1) expect((await login(behind('unknown'))).status).toBe(401)
    expect((await login(behind('<script>'))).status).toBe(429)
    expect((await login(behind('198.51.100.78'))).status).toBe(401)
  })

  it('are let in after as long as they were told to wait', async () => {
    for (let call = 0; call < 4; call += 1) await login({ remoteAddress: stranger })
    const waitS = expectRefusal(await login({ remoteAddress: stranger }), 'address')
    api.clock.advance(waitS * 1_000)
    expect((await login({ remoteAddress: stranger })).status).toBe(401)
  })
})

it('health and metrics are never refused: those who ask are machines of the operator', async () => {
  for (let call = 0; call < 20; call += 1) {
    const reply = await api.app.inject({ url: '/health/live', remoteAddress: stranger })
    expect([reply.statusCode, reply.headers['ratelimit']]).toEqual([200, undefined])
  }
  await api.close()
})
