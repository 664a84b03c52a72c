import { afterEach, describe, expect, it } from 'vitest'
import { createManualClock, settle } from '../testing/manual-clock.ts'
import type { PollGroup } from './poll-places.ts'
import { createPollSchedule, type PollSchedule, type PollScheduleOptions } from './poll-schedule.ts'

let schedule: PollSchedule | undefined
afterEach(async () => {
  for (const finish of held.splice(0)) finish(60_000)
  await schedule?.stop()
})

const held: ((nextMs: number) => void)[] = []

/** A schedule whose polls are noted, and run until they are finished by the test when `isHeld`. */
async function start({
  isHeld = false,
  nextMs = 60_000,
  ...options
}: Partial<PollScheduleOptions & { isHeld: boolean; nextMs: number }> = {}) {
  const clock = createManualClock()
  const polled: string[] = []
  const running = new Map<string, (nextMs: number) => Promise<unknown>>()
  let most = 0
  const created = createPollSchedule(
    { clock },
    {
      poll: (id) => {
        polled.push(id)
        if (!isHeld) return Promise.resolve(nextMs)
        return new Promise((resolve) => {
          held.push(resolve)
          running.set(id, (delayMs) => {
            running.delete(id)
            resolve(delayMs)
            return settle()
          })
          most = Math.max(most, running.size)
        })
      },
      ...options,
    },
  )
  schedule = created
  created.start()
  await settle()
  return {
    clock,
    polled,
    running,
    most: () => most,
    schedule: created,
    add: async (id: string, group: Partial<PollGroup> = {}) => {
      created.add(id, () => ({ tenant: undefined, host: `host of ${id}`, isSound: true, ...group }))
      await settle()
    },
  }
}

describe('a source', () => {
  it('is polled at once, and again after as long as its poll has said', async () => {
    const { clock, polled, add } = await start({ nextMs: 1_000 })
    await add('a')
    expect(polled).toEqual(['a'])
    await clock.advance(990)
    expect(polled).toEqual(['a'])
    await clock.advance(10)
    expect(polled).toEqual(['a', 'a'])
  })

  it('that is added twice is polled once', async () => {
    const { polled, add } = await start()
    await add('a')
    await add('a')
    expect(polled).toEqual(['a'])
  })

  it('is never polled twice at once, however often it is woken', async () => {
    const { clock, polled, running, schedule: created, add } = await start({ isHeld: true })
    await add('a')
    created.wake('a')
    created.wake('a')
    await clock.advance(100)
    expect(polled).toEqual(['a'])
    await running.get('a')?.(60_000)
    expect(polled).toEqual(['a', 'a'])
  })

  it('is polled at once when it is woken, and its old turn does not count any more', async () => {
    const { clock, polled, schedule: created, add } = await start({ nextMs: 1_000 })
    await add('a')
    await clock.advance(500)
    created.wake('a')
    await settle()
    expect(polled).toEqual(['a', 'a'])
    await clock.advance(500)
    expect(polled).toEqual(['a', 'a'])
    await clock.advance(500)
    expect(polled).toEqual(['a', 'a', 'a'])
  })

  it('that is removed is not polled any more, also when its poll runs at that moment', async () => {
    const { clock, polled, running, schedule: created, add } = await start({ isHeld: true })
    await add('a')
    created.remove('a')
    created.wake('a')
    await running.get('a')?.(0)
    await clock.advance(1_000)
    expect(polled).toEqual(['a'])
  })

  it('that is removed and added again while its poll runs keeps one turn', async () => {
    const { clock, polled, running, schedule: created, add } = await start({ isHeld: true })
    await add('a')
    const finishOld = running.get('a')
    created.remove('a')
    await add('a')
    expect(polled).toEqual(['a', 'a'])
    const finishNew = running.get('a')
    await finishOld?.(0)
    await clock.advance(200)
    expect(polled).toEqual(['a', 'a'])
    await finishNew?.(0)
    expect(polled).toEqual(['a', 'a', 'a'])
  })
})

describe('polls', () => {
  it('run in the order in which they are due', async () => {
    const delays: Record<string, number> = { a: 350, b: 100, c: 220 }
    const order: string[] = []
    const { clock, add } = await start({
      poll: async (id) => {
        order.push(id)
        return delays[id] ?? 0
      },
    })
    for (const id of Object.keys(delays)) await add(id)
    await clock.advance(360)
    expect(order).toEqual(['a', 'b', 'c', 'b', 'b', 'c', 'b', 'a'])
  })

  it('of one tenant are capped and hold up nobody else', async () => {
    const { clock, running, add } = await start({ isHeld: true, perTenantMax: 2 })
    for (const id of ['a1', 'a2', 'a3', 'a4']) await add(id, { tenant: 'acme' })
    await add('g1', { tenant: 'globex' })
    expect([...running.keys()]).toEqual(['a1', 'a2', 'g1'])
    await running.get('a1')?.(60_000)
    await clock.advance(100)
    expect([...running.keys()]).toEqual(['a2', 'g1', 'a3'])
  })

  it('to one host are capped across tenants', async () => {
    const { clock, running, add } = await start({ isHeld: true, perHostMax: 1 })
    await add('a', { tenant: 'acme', host: 'node' })
    await add('g', { tenant: 'globex', host: 'node' })
    await add('o', { tenant: 'globex', host: 'other' })
    expect([...running.keys()]).toEqual(['a', 'o'])
    await running.get('a')?.(60_000)
    await clock.advance(100)
    expect([...running.keys()]).toEqual(['o', 'g'])
  })

  it('that only wait hold up nobody, and count again afterwards', async () => {
    const caps = { runningMax: 1, perTenantMax: 1, perHostMax: 1 }
    const { clock, running, schedule: created, add } = await start({ isHeld: true, ...caps })
    const group = { tenant: 'acme', host: 'node' }
    await add('a', group)
    const ends: (() => void)[] = []
    const wait = () => new Promise<void>((resolve) => ends.push(resolve))
    const rests = [created.rest('a', wait), created.rest('a', wait)]
    await add('b', group)
    expect([...running.keys()]).toEqual(['a', 'b'])
    await running.get('b')?.(60_000)
    ends[0]?.()
    await rests[0]
    await add('c', group)
    expect([...running.keys()]).toEqual(['a', 'c'])
    await running.get('c')?.(60_000)
    ends[1]?.()
    await rests[1]
    await add('d', group)
    expect([...running.keys()]).toEqual(['a'])
    await running.get('a')?.(60_000)
    await clock.advance(100)
    expect([...running.keys()]).toEqual(['d'])
  })

  it('that ended while a part of them waits are counted once', async () => {
    const { clock, running, schedule: created, add } = await start({ isHeld: true, runningMax: 1 })
    await add('a')
    const over = { end: (): void => undefined }
    const resting = created.rest('a', () => new Promise((resolve) => Object.assign(over, { end: resolve })))
    await running.get('a')?.(60_000)
    over.end()
    await resting
    await add('b')
    expect([...running.keys()]).toEqual(['b'])
    await running.get('b')?.(60_000)
    await add('c')
    await clock.advance(100)
    expect([...running.keys()]).toEqual(['c'])
  })

  it('are capped altogether, and each has its turn in the end', async () => {
    const { clock, polled, running, most, add } = await start({ isHeld: true, runningMax: 3 })
    const ids = Array.from({ length: 10 }, (_, index) => `s${index}`)
    for (const id of ids) await add(id)
    while (running.size > 0) {
      for (const finish of running.values()) await finish(60_000)
      await clock.advance(100)
    }
    expect(most()).toBe(3)
    expect(new Set(polled)).toEqual(new Set(ids))
    expect(polled).toHaveLength(10)
  })

  it('of shared sources have no cap of a tenant', async () => {
    const { running, add } = await start({ isHeld: true, perTenantMax: 1 })
    await add('a')
    await add('b')
    expect(running.size).toBe(2)
  })
})

describe('places', () => {
  it('of shared sources are never taken by own networks that do not answer', async () => {
    const rounds: number[] = []
    const clockOf = { nowMs: () => 0 }
    const { clock, add } = await start({
      poll: (id) => {
        if (id !== 'shared') return new Promise((resolve) => held.push(resolve))
        rounds.push(clockOf.nowMs())
        return Promise.resolve(100)
      },
    })
    clockOf.nowMs = () => clock.now().getTime()
    for (let n = 0; n < 200; n += 1)
      await add(`own ${n}`, { tenant: `tenant ${n}`, host: 'dead', isSound: n % 2 === 0 })
    for (let n = 0; n < 200; n += 1) await add(`own ${n + 200}`, { tenant: `tenant ${n}`, isSound: n % 2 === 0 })
    await add('shared', { host: 'dead' })
    const begun = clock.now().getTime()
    await clock.advance(2_000)
    expect(held).toHaveLength(24)
    expect(rounds).toEqual(Array.from({ length: 21 }, (_, n) => begun + n * 100))
  })

  it('of networks that answer are never taken by those that do not, nor the other way round', async () => {
    const first = await start({ isHeld: true })
    for (let n = 0; n < 100; n += 1) await first.add(`dead ${n}`, { tenant: `tenant ${n}`, isSound: false })
    expect(first.running.size).toBe(16)
    for (let n = 0; n < 100; n += 1) await first.add(`well ${n}`, { tenant: `other ${n}` })
    expect([...first.running.keys()].filter((id) => id.startsWith('well'))).toHaveLength(8)
    for (const finish of held.splice(0)) finish(60_000)
    await schedule?.stop()
    const second = await start({ isHeld: true })
    for (let n = 0; n < 100; n += 1) await second.add(`well ${n}`, { tenant: `other ${n}` })
    for (let n = 0; n < 100; n += 1) await second.add(`dead ${n}`, { tenant: `tenant ${n}`, isSound: false })
    const dead = [...second.running.keys()].filter((id) => id.startsWith('dead'))
    expect([second.running.size, dead.length]).toEqual([24, 4])
  })

  it('of a host that a shared network uses are not taken by own networks', async () => {
    const { running, add } = await start({ isHeld: true, perHostMax: 1 })
    await add('own', { tenant: 'acme', host: 'node' })
    await add('shared', { host: 'node' })
    expect([...running.keys()]).toEqual(['own', 'shared'])
  })

  it('go to tenants by turns, however many networks one of them has', async () => {
    const { running, add } = await start({ isHeld: true, ownMax: 1, perTenantMax: 1 })
    for (let n = 0; n < 50; n += 1) await add(`a${n}`, { tenant: 'acme' })
    await add('g0', { tenant: 'globex' })
    const order: string[] = []
    for (let n = 0; n < 4; n += 1) {
      const [id] = running.keys()
      order.push(id ?? '')
      await running.get(id ?? '')?.(60_000)
    }
    expect(order).toEqual(['a0', 'a1', 'g0', 'a2'])
  })

  it('are not lost to a source that is removed while it waits, and one that is woken keeps its place in line', async () => {
    const { running, schedule: created, add } = await start({ isHeld: true, runningMax: 1 })
    for (const id of ['a', 'b', 'c', 'd']) await add(id)
    created.remove('b')
    created.wake('c')
    await running.get('a')?.(60_000)
    expect([...running.keys()]).toEqual(['c'])
    await running.get('c')?.(60_000)
    expect([...running.keys()]).toEqual(['d'])
  })
})

describe('the end', () => {
  it('waits for polls that run and begins no other', async () => {
    const { clock, polled, running, schedule: created, add } = await start({ isHeld: true })
    await add('a')
    let isStopped = false
    const stopped = created.stop().then(() => (isStopped = true))
    await add('b')
    await clock.advance(100)
    expect([isStopped, polled]).toEqual([false, ['a']])
    await running.get('a')?.(0)
    await stopped
    expect(polled).toEqual(['a'])
  })
})
