import TinyQueue from 'tinyqueue'
import type { Clock } from '../platform/clock.ts'
import { createTally } from '../platform/tally.ts'

/** What a poll is counted under: `tenant` is undefined for shared sources, which have no cap of their own. */
export type PollGroup = { tenant: string | undefined; host: string }

/**
 * One due-time heap for all chain sources of the process (design 7.11), with caps on the polls that run at once:
 * altogether, of one tenant, to one host. Dead and slow nodes of one tenant thus hold up nobody else.
 */
export type PollSchedule = {
  /** Polls from now on; known ids keep their place. */
  add(id: string, groupOf: () => PollGroup): void
  remove(id: string): void
  /** Makes a waiting source due now. */
  wake(id: string): void
  start(): void
  /** Resolves when no poll runs. */
  stop(): Promise<void>
}

export type PollScheduleOptions = {
  /** One poll; answers after how long the next one is due. Must not throw. */
  poll: (id: string) => Promise<number>
  runningMax?: number
  perTenantMax?: number
  perHostMax?: number
}

type Entry = { id: string; dueAtMs: number; turn: number }
type Scheduled = { groupOf: () => PollGroup; turn: number; isRunning: boolean; isWoken: boolean }

const cappedDelayMs = 50

export function createPollSchedule(
  { clock }: { clock: Clock },
  { poll, runningMax = 32, perTenantMax = 4, perHostMax = 8 }: PollScheduleOptions,
): PollSchedule {
  const sources = new Map<string, Scheduled>()
  // An entry counts only while its turn is the source's: rescheduling pushes a new one and leaves the old to be dropped.
  const queue = new TinyQueue<Entry>([], (left, right) => left.dueAtMs - right.dueAtMs)
  const tenants = createTally()
  const hosts = createTally()
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  let pause: AbortController | undefined
  let loop: Promise<void> | undefined

  const nowMs = () => clock.now().getTime()

  const schedule = (id: string, source: Scheduled, delayMs: number): void => {
    source.turn += 1
    queue.push({ id, dueAtMs: nowMs() + delayMs, turn: source.turn })
    pause?.abort()
  }

  const runOne = async (id: string, source: Scheduled, { tenant, host }: PollGroup): Promise<void> => {
    source.isRunning = true
    source.isWoken = false
    if (tenant !== undefined) tenants.add(tenant)
    hosts.add(host)
    try {
      const delayMs = await poll(id)
      if (sources.get(id) === source) schedule(id, source, source.isWoken ? 0 : delayMs)
    } finally {
      source.isRunning = false
      if (tenant !== undefined) tenants.remove(tenant)
      hosts.remove(host)
    }
  }

  const begin = (entry: Entry, source: Scheduled): void => {
    const group = source.groupOf()
    const isFull =
      running.size >= runningMax ||
      (group.tenant !== undefined && tenants.of(group.tenant) >= perTenantMax) ||
      hosts.of(group.host) >= perHostMax
    if (isFull) {
      schedule(entry.id, source, cappedDelayMs)
      return
    }
    const work = runOne(entry.id, source, group).finally(() => running.delete(work))
    running.add(work)
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (let next = queue.peek(); next !== undefined && next.dueAtMs <= nowMs(); next = queue.peek()) {
        queue.pop()
        const source = sources.get(next.id)
        if (source !== undefined && source.turn === next.turn && !source.isRunning) begin(next, source)
      }
      const next = queue.peek()
      pause = new AbortController()
      const delayMs = next === undefined ? 60_000 : Math.max(1, next.dueAtMs - nowMs())
      await clock.sleep(delayMs, AbortSignal.any([pause.signal, stopping.signal]))
      pause = undefined
    }
  }

  return {
    add: (id, groupOf) => {
      if (sources.has(id)) return
      const source: Scheduled = { groupOf, turn: 0, isRunning: false, isWoken: false }
      sources.set(id, source)
      schedule(id, source, 0)
    },
    remove: (id) => {
      sources.delete(id)
    },
    wake: (id) => {
      const source = sources.get(id)
      if (source === undefined) return
      if (source.isRunning) source.isWoken = true
      else schedule(id, source, 0)
    },
    start: () => {
      loop ??= run()
    },
    stop: async () => {
      stopping.abort()
      await loop
      await Promise.all(running)
    },
  }
}
