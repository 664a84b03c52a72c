import { afterEach, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi, type TestApiOptions } from '../testing/api-harness.ts'

const open: TestApi[] = []

async function start(options: TestApiOptions = {}): Promise<TestApi> {
  const api = await startTestApi(options)
  open.push(api)
  return api
}
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

describe('health', () => {
  it('is live while the process runs and ready while its checks say so', async () => {
    let isReady = true
    const { app } = await start({
      readiness: async () => ({ isReady, checks: { database: isReady ? 'ok' : 'unreachable' } }),
    })
    expect((await app.inject('/health/live')).json()).toEqual({ status: 'live' })
    const ready = await app.inject('/health/ready')
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ready', checks: { database: 'ok' } }])
    isReady = false
    const unready = await app.inject('/health/ready')
    expect([unready.statusCode, unready.json()]).toEqual([
      503,
      { status: 'unavailable', checks: { database: 'unreachable' } },
    ])
    expect((await app.inject('/health/live')).statusCode).toBe(200)
  })

  it('is unavailable, without internals, when a check fails', async () => {
    const { app } = await start({
      readiness: async () => {
        throw new Error('postgres://user:secret@host')
      },
    })
    const answer = await app.inject('/health/ready')
    expect(answer.statusCode).toBe(500)
    expect(answer.payload).not.toContain('secret')
  })
})

describe('metrics', () => {
  it('are shown to this machine only, when there is no token', async () => {
    const { app } = await start()
    const answer = await app.inject('/metrics')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toContain('text/plain')
    expect(answer.payload).toContain('smt_http_requests_total')
    for (const remoteAddress of ['::1', '::ffff:127.0.0.1', '127.1.2.3']) {
      expect((await app.inject({ url: '/metrics', remoteAddress })).statusCode).toBe(200)
    }
    for (const remoteAddress of ['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '1127.0.0.1']) {
      expect((await app.inject({ url: '/metrics', remoteAddress })).statusCode).toBe(404)
    }
    for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
      expect((await app.inject({ url: '/metrics', headers: { [header]: '127.0.0.1' } })).statusCode).toBe(404)
    }
  })

  it('are shown to whoever has the token, when there is one', async () => {
    const { app } = await start({ metricsToken: 'a-token-for-metrics' })
    const withToken = (authorization: string, remoteAddress: string) =>
      app.inject({ url: '/metrics', headers: { authorization }, remoteAddress })
    expect((await withToken('Bearer a-token-for-metrics', '10.0.0.1')).statusCode).toBe(200)
    expect((await withToken('Bearer a-token-for-metric', '127.0.0.1')).statusCode).toBe(404)
    const none = await app.inject('/metrics')
    const unknown = await app.inject('/nothing')
    expect([none.statusCode, none.json().detail]).toEqual([404, unknown.json().detail])
  })
})
