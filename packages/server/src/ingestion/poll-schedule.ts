import TinyQueue from 'tinyqueue'
import type { Clock } from '../platform/clock.ts'
import { createPollLine } from './poll-line.ts'
import { createPollPlaces, defaultPollLimits, pollKindOf, type PollGroup, type PollLimits } from './poll-places.ts'

/**
 * One due-time heap for all chain sources of the process (design 7.11), with caps on the polls that run at once
 * (poll-places.ts). What is due and finds no place waits in line; whoever ends gives its place to the next: to shared
 * sources first, then to own ones, tenant by tenant. Dead and slow nodes of tenants thus hold up nobody else.
 */
export type PollSchedule = {
  /** Polls from now on; known ids keep their place. */
  add(id: string, groupOf: () => PollGroup): void
  remove(id: string): void
  /** Makes a waiting source due now. */
  wake(id: string): void
  /** A part of a running poll that only waits: meanwhile others have its place. */
  rest(id: string, wait: () => Promise<void>): Promise<void>
  start(): void
  /** Resolves when no poll runs. */
  stop(): Promise<void>
}

export type PollScheduleOptions = Partial<PollLimits> & {
  /** One poll; answers after how long the next one is due. Must not throw. */
  poll: (id: string) => Promise<number>
}

type Entry = { id: string; dueAtMs: number; turn: number }
type Scheduled = {
  groupOf: () => PollGroup
  turn: number
  state: 'waiting' | 'in_line' | 'running'
  isWoken: boolean
  run: Run | undefined
}
/** A poll under way: its place, unless some of its parts rest. */
type Run = { group: PollGroup; giveBack: (() => void) | undefined; resting: number }

export function createPollSchedule(
  { clock }: { clock: Clock },
  { poll, ...limits }: PollScheduleOptions,
): PollSchedule {
  const sources = new Map<string, Scheduled>()
  // An entry counts only while its turn is the source's: rescheduling pushes a new one and leaves the old to be dropped.
  const queue = new TinyQueue<Entry>([], (left, right) => left.dueAtMs - right.dueAtMs)
  const places = createPollPlaces({ ...defaultPollLimits, ...limits })
  const lines = { shared: createPollLine(), sound: createPollLine(), unsound: createPollLine() }
  const kinds = ['shared', 'sound', 'unsound'] as const
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()
  let pause: AbortController | undefined
  let loop: Promise<void> | undefined

  const nowMs = () => clock.now().getTime()

  const schedule = (id: string, source: Scheduled, delayMs: number): void => {
    source.turn += 1
    source.state = 'waiting'
    queue.push({ id, dueAtMs: nowMs() + delayMs, turn: source.turn })
    pause?.abort()
  }

  const run = async (id: string, source: Scheduled, current: Run): Promise<void> => {
    source.state = 'running'
    source.isWoken = false
    source.run = current
    try {
      const delayMs = await poll(id)
      if (sources.get(id) === source) schedule(id, source, source.isWoken ? 0 : delayMs)
    } finally {
      source.run = undefined
      current.giveBack?.()
    }
  }

  const begin = (id: string, source: Scheduled): boolean => {
    const group = source.groupOf()
    const giveBack = places.take(group)
    if (giveBack === undefined) return false
    const work = run(id, source, { group, giveBack, resting: 0 }).finally(() => {
      running.delete(work)
      admit()
    })
    running.add(work)
    return true
  }

  /** Whoever is in line and has a place now. One that was removed leaves its line when it is looked at. */
  const admit = (): void => {
    for (const kind of kinds) {
      const take = (id: string): boolean => {
        const source = sources.get(id)
        return source?.state !== 'in_line' || begin(id, source)
      }
      while (!stopping.signal.aborted && places.isOpen(kind) && lines[kind].offer(take));
    }
  }

  const standInLine = (id: string, source: Scheduled): void => {
    const group = source.groupOf()
    source.state = 'in_line'
    lines[pollKindOf(group)].add(group.tenant ?? '', id)
  }

  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (let next = queue.peek(); next !== undefined && next.dueAtMs <= nowMs(); next = queue.peek()) {
        queue.pop()
        const source = sources.get(next.id)
        if (source === undefined || source.turn !== next.turn || source.state !== 'waiting') continue
        standInLine(next.id, source)
      }
      admit()
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
      const source: Scheduled = { groupOf, turn: 0, state: 'waiting', isWoken: false, run: undefined }
      sources.set(id, source)
      schedule(id, source, 0)
    },
    remove: (id) => {
      sources.delete(id)
    },
    wake: (id) => {
      const source = sources.get(id)
      if (source === undefined) return
      if (source.state === 'running') source.isWoken = true
      else if (source.state === 'waiting') schedule(id, source, 0)
    },
    rest: async (id, wait) => {
      const source = sources.get(id)
      const current = source?.run
      if (current === undefined) return wait()
      current.resting += 1
      current.giveBack?.()
      current.giveBack = undefined
      admit()
      try {
        await wait()
      } finally {
        current.resting -= 1
        // A poll is not stopped half-way: it has a place again whether there is one or not.
        if (current.resting === 0 && source?.run === current) current.giveBack = places.occupy(current.group)
      }
    },
    start: () => {
      loop ??= follow()
    },
    stop: async () => {
      stopping.abort()
      await loop
      await Promise.all(running)
    },
  }
}
