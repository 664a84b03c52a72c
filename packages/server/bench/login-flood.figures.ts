import { afterAll, beforeAll, expect, it } from 'vitest'
import { createServerUnderTest, type ServerUnderTest } from '../test/e2e/server-process.ts'
import { percentile } from './delivery-scene.ts'

// `npm run bench:delivery -- login-flood`. The built server is a process of its own; the load shares the machine with it.
const seconds = Number(process.env['SMT_BENCH_SECONDS'] ?? 10)
const readsPerSecond = 50
const loginsPerSecond = 500
const password = 'correct horse battery staple'

let server: ServerUnderTest
let token: string

const post = (path: string, body: unknown) =>
  fetch(`${server.baseUrl}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

beforeAll(async () => {
  // As if from many addresses: one alone is refused after 20 failures, long before any password is hashed.
  server = await createServerUnderTest({ SMT_API_RATE_FAILURES: '1000000', SMT_LOG_LEVEL: 'error' })
  await server.start()
  const person = { email: 'reader@x.example', password, tenant_name: 'Acme', tenant_slug: 'acme' }
  const reply: unknown = await (await post('/auth/register', person)).json()
  if (typeof reply !== 'object' || reply === null || !('access_token' in reply)) throw new Error('not registered')
  token = String(reply.access_token)
}, 120_000)
afterAll(() => server.dispose())

async function paced(perSecond: number, send: (index: number) => Promise<unknown>): Promise<void> {
  const started = performance.now()
  const pending: Promise<unknown>[] = []
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const waitMs = started + (index * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    pending.push(send(index))
  }
  await Promise.all(pending)
}

async function readLatencies(): Promise<number[]> {
  const times: number[] = []
  await paced(readsPerSecond, async () => {
    const started = performance.now()
    const reply = await fetch(`${server.baseUrl}/api/v1/tenants/acme`, {
      headers: { authorization: `Bearer ${token}` },
    })
    await reply.text()
    expect(reply.status).toBe(200)
    times.push(performance.now() - started)
  })
  return times
}

async function flood(): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  await paced(loginsPerSecond, async (index) => {
    const reply = await post('/auth/login', { email: `nobody-${index}@x.example`, password })
    await reply.text()
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
  })
  return statuses
}

it('reads while logins flood', async () => {
  await readLatencies()
  const show = (name: string, times: number[]) =>
    process.stdout.write(
      `${name}: p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms\n`,
    )
  for (let round = 0; round < 3; round += 1) {
    show('alone', await readLatencies())
    const [times, statuses] = await Promise.all([readLatencies(), flood()])
    expect(new Set(statuses.keys())).toEqual(new Set([401, 503]))
    show(`with ${loginsPerSecond} logins a second (${JSON.stringify([...statuses])})`, times)
  }
})
