import type { RpcCallOptions } from '@smt/chains'
import type { StellarSpec } from '@smt/engine'
import { LRUCache } from 'lru-cache'

/** The specs of one source's contracts, by contract; other sources may be other networks. */
export type SpecCache = {
  /** All of these, fetched where they are not known. Throws what a fetch throws: nothing is taken for "no spec". */
  get(contractIds: readonly string[], options?: RpcCallOptions): Promise<Map<string, StellarSpec | null>>
  forget(contractIds: readonly string[]): void
  clear(): void
}

export type SpecCacheDeps = {
  fetch: (contractId: string, options?: RpcCallOptions) => Promise<StellarSpec | null>
  /** The time in milliseconds. */
  now: () => number
}

const specsMax = 2_000
/** Upgrades are told by events; this only bounds what an event that was missed can do. */
const specMs = 3_600_000
/** A contract without a spec may be one that is about to be deployed. */
const noSpecMs = 60_000
const atOnceMax = 4

type Kept = { spec: StellarSpec | null; untilMs: number }

export function createSpecCache({ fetch, now }: SpecCacheDeps): SpecCache {
  const kept = new LRUCache<string, Kept>({ max: specsMax })
  /** Counts what was forgotten: an answer to a request that is older than that may be out of date. */
  let generation = 0

  const fetchOne = async (contractId: string, options?: RpcCallOptions): Promise<StellarSpec | null> => {
    const begun = generation
    const spec = await fetch(contractId, options)
    if (begun === generation) kept.set(contractId, { spec, untilMs: now() + (spec === null ? noSpecMs : specMs) })
    return spec
  }

  return {
    get: async (contractIds, options) => {
      const found = new Map<string, StellarSpec | null>()
      const missing: string[] = []
      for (const contractId of new Set(contractIds)) {
        const known = kept.get(contractId)
        if (known === undefined || known.untilMs <= now()) missing.push(contractId)
        else found.set(contractId, known.spec)
      }
      for (let start = 0; start < missing.length; start += atOnceMax) {
        const batch = missing.slice(start, start + atOnceMax)
        const specs = await Promise.all(batch.map((contractId) => fetchOne(contractId, options)))
        for (const [index, contractId] of batch.entries()) found.set(contractId, specs[index] ?? null)
      }
      return found
    },
    forget: (contractIds) => {
      generation += 1
      for (const contractId of contractIds) kept.delete(contractId)
    },
    clear: () => {
      generation += 1
      kept.clear()
    },
  }
}
