/** Where something was counted: a chain source, and by which name the tenant knows it. */
export type UsagePlace = { sourceId: string; networkId: string }

/** What is counted in memory until it is stored. */
export type UsageCount = UsagePlace & {
  /** Row id; undefined for what is of no monitor alone. */
  monitorId: string | undefined
  evaluations: number
  rpcCalls: number
}

/** Whose a count is: a tenant's, or (undefined) of a shared network for all who watch it. */
export type UsageOwner = string | undefined

/**
 * Adds up what happens in this process (requests to nodes, evaluations) until somebody takes it to be stored. Costs an
 * addition per request and per block; see `EvaluationMeter`.
 */
export type UsageRecorder = {
  /** One HTTP request to a node, whatever came of it. */
  rpcCall(owner: UsageOwner, place: UsagePlace): void
  /** Counts evaluations for as long as this process leads the source. */
  meter(sourceId: string): EvaluationMeter
  /** What was counted since it was last taken. */
  take(): Map<UsageOwner, UsageCount[]>
}

export type MeteredMonitor = { tenantId: string; id: string; networkId: string }

/**
 * Evaluations of one source. A block costs one addition for however many monitors it is evaluated for: a monitor's count
 * is the number of blocks since it joined or was last taken.
 */
export type EvaluationMeter = {
  joined(monitor: MeteredMonitor): void
  left(monitorId: string): void
  /** So many blocks were evaluated for every monitor that is in, and committed. */
  evaluated(blocks: number): void
  /** The source is led no more; what was counted is kept for the next `take`. */
  close(): void
}

type Joined = { monitor: MeteredMonitor; atBlocks: number }

export function createUsageRecorder(): UsageRecorder {
  const collectors = new Set<() => void>()
  let counts = new Map<UsageOwner, Map<string, UsageCount>>()

  const add = (owner: UsageOwner, count: UsageCount): void => {
    const ofOwner = counts.get(owner) ?? new Map<string, UsageCount>()
    counts.set(owner, ofOwner)
    addCount(ofOwner, count)
  }

  return {
    rpcCall: (owner, { sourceId, networkId }) =>
      add(owner, { sourceId, networkId, monitorId: undefined, evaluations: 0, rpcCalls: 1 }),

    meter: (sourceId) => {
      const joined = new Map<string, Joined>()
      let blocks = 0
      const collect = (entry: Joined): void => {
        const evaluations = blocks - entry.atBlocks
        if (evaluations === 0) return
        entry.atBlocks = blocks
        const { tenantId, id: monitorId, networkId } = entry.monitor
        add(tenantId, { sourceId, networkId, monitorId, evaluations, rpcCalls: 0 })
      }
      const collectAll = (): void => {
        for (const entry of joined.values()) collect(entry)
      }
      const left = (monitorId: string): void => {
        const entry = joined.get(monitorId)
        if (entry !== undefined) collect(entry)
        joined.delete(monitorId)
      }
      collectors.add(collectAll)
      return {
        joined: (monitor) => {
          left(monitor.id)
          joined.set(monitor.id, { monitor, atBlocks: blocks })
        },
        left,
        evaluated: (count) => {
          blocks += count
        },
        close: () => {
          collectAll()
          collectors.delete(collectAll)
        },
      }
    },

    take: () => {
      for (const collect of collectors) collect()
      const taken = new Map([...counts].map(([owner, ofOwner]) => [owner, [...ofOwner.values()]]))
      counts = new Map()
      return taken
    },
  }
}

/** Adds a count to those of the same owner; what is of the same source and monitor becomes one. */
export function addCount(counts: Map<string, UsageCount>, count: UsageCount): void {
  const key = `${count.sourceId}/${count.monitorId ?? ''}`
  const known = counts.get(key)
  if (known === undefined) {
    counts.set(key, { ...count })
    return
  }
  known.networkId = count.networkId
  known.evaluations += count.evaluations
  known.rpcCalls += count.rpcCalls
}
