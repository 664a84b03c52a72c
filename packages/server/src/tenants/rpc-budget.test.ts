import { describe, expect, it } from 'vitest'
import { createManualClock, settle } from '../testing/manual-clock.ts'
import { createRpcBudget } from './rpc-budget.ts'

function createScene({
  limits,
  hostPerMinute = 1_000_000,
}: {
  limits: Record<string, number>
  hostPerMinute?: number
}) {
  const clock = createManualClock()
  const budget = createRpcBudget({ clock, limitOf: async (tenantId) => limits[tenantId] ?? 0 }, { hostPerMinute })
  const sent: { tenant: string; atMs: number }[] = []
  return {
    clock,
    budget,
    sent,
    send: (tenant: string, url = 'https://node.example:8545/key', signal?: AbortSignal) =>
      budget
        .of(tenant)
        .pace(url, signal)
        .then(() => sent.push({ tenant, atMs: clock.now().getTime() })),
    between: (fromMs: number, toMs: number) => sent.filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
  }
}

describe('the requests of a tenant to its own nodes', () => {
  it('wait instead of failing, and are as many as the limit says', async () => {
    const { clock, sent, send, between } = createScene({ limits: { acme: 60 } })
    for (let n = 0; n < 200; n += 1) void send('acme')
    await settle()
    // Ten seconds' worth may come at once.
    expect(sent).toHaveLength(10)
    await clock.advance(60_000)
    expect(between(0, 60_000).length).toBeLessThanOrEqual(60 + 10)
    expect(between(10_000, 50_000)).toHaveLength(40)
    await clock.advance(140_000)
    expect(sent).toHaveLength(200)
  })

  it('of one tenant do not slow those of another down', async () => {
    const { sent, send } = createScene({ limits: { acme: 60, globex: 60 } })
    for (let n = 0; n < 200; n += 1) void send('acme')
    for (let n = 0; n < 10; n += 1) void send('globex')
    await settle()
    expect(sent.filter(({ tenant }) => tenant === 'globex')).toHaveLength(10)
  })

  it('of all tenants together to one host are limited, on whichever port, and no other host is', async () => {
    const tenants = Array.from({ length: 50 }, (_, n) => `tenant ${n}`)
    const limits = Object.fromEntries(tenants.map((tenant) => [tenant, 60_000]))
    const { clock, sent, send, between } = createScene({ limits, hostPerMinute: 600 })
    for (let n = 0; n < 3_000; n += 1) void send(tenants[n % 50] ?? '', `https://victim.example:${8_000 + (n % 50)}/`)
    await settle()
    expect(sent).toHaveLength(100)
    void send('tenant 0', 'https://other.example/')
    await settle()
    expect(sent).toHaveLength(101)
    await clock.advance(60_000)
    expect(between(10_000, 60_000)).toHaveLength(500)
  })

  it('are told beforehand how long a block’s worth has to wait, at no cost', async () => {
    const { clock, budget, send } = createScene({ limits: { acme: 60 } })
    const delayMs = () => budget.of('acme').delayMs('node.example')
    expect([await delayMs(), await delayMs()]).toEqual([0, 0])
    for (let n = 0; n < 10; n += 1) void send('acme')
    await settle()
    expect(await delayMs()).toBe(8_000)
    await clock.advance(8_000)
    expect(await delayMs()).toBe(0)
  })

  it('are none while the limit is 0, and begin when it is raised', async () => {
    const limits: Record<string, number> = { acme: 0 }
    const { clock, budget, sent, send } = createScene({ limits })
    void send('acme')
    await clock.advance(60_000)
    expect(sent).toEqual([])
    expect(await budget.of('acme').delayMs('node.example')).toBeGreaterThan(0)
    limits['acme'] = 60
    await clock.advance(10_000)
    expect(sent).toHaveLength(1)
  })

  it('count as several when their answers are large, so that a flood of bytes slows its own tenant down', async () => {
    const { clock, budget, send, sent } = createScene({ limits: { acme: 60, globex: 60 } })
    const { charge, delayMs } = budget.of('acme')
    await send('acme')
    await charge(200_000)
    expect(await delayMs('node.example')).toBe(0)
    // 32 MiB: as much as 128 requests, two minutes' worth.
    await charge(33_554_432)
    expect(await delayMs('node.example')).toBeGreaterThan(120_000)
    void send('acme')
    void send('globex')
    await clock.advance(100_000)
    expect(sent.map(({ tenant }) => tenant)).toEqual(['acme', 'globex'])
    await clock.advance(40_000)
    expect(sent).toHaveLength(3)
  })

  it('stop waiting when they are called off', async () => {
    const { send, sent } = createScene({ limits: { acme: 60, none: 0 } })
    const calling = new AbortController()
    for (let n = 0; n < 20; n += 1) void send('acme', undefined, calling.signal)
    void send('none', undefined, calling.signal)
    await settle()
    expect(sent).toHaveLength(10)
    calling.abort()
    await settle()
    expect(sent).toHaveLength(21)
  })

  it('are counted over the last minute, and forgotten after it', async () => {
    const { clock, budget, send } = createScene({ limits: { acme: 600, globex: 600 } })
    for (let n = 0; n < 7; n += 1) void send('acme')
    await clock.advance(30_000)
    for (let n = 0; n < 5; n += 1) void send('globex')
    await settle()
    expect([...budget.used()]).toEqual([
      ['acme', 7],
      ['globex', 5],
    ])
    await clock.advance(31_000)
    expect([...budget.used()]).toEqual([['globex', 5]])
    await clock.advance(60_000)
    expect(budget.used().size).toBe(0)
  })
})
