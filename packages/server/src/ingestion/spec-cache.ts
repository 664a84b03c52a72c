import type { RpcCallOptions } from '@smt/chains'
import { XdrError, type StellarSpec } from '@smt/engine'
import { LRUCache } from 'lru-cache'
import type { ContractSpecs } from '../networks/source-chain.ts'

/** The specs of one source's contracts, by contract; other sources may be other networks. */
export type SpecCache = {
  /**
   * All of these, fetched where they are not known. Throws what a fetch throws: nothing is taken for "no spec". But a spec
   * that this version cannot read, which XdrError says, must not stop the others: whoever deploys a contract writes it.
   */
  get(contractIds: readonly string[], options?: RpcCallOptions): Promise<ContractSpecs>
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

type Found = { spec: StellarSpec | null; isReadable: boolean }
type Kept = Found & { untilMs: number }

export function createSpecCache({ fetch, now }: SpecCacheDeps): SpecCache {
  const kept = new LRUCache<string, Kept>({ max: specsMax })
  /** Counts what was forgotten: an answer to a request that is older than that may be out of date. */
  let generation = 0

  const fetchOne = async (contractId: string, options?: RpcCallOptions): Promise<Found> => {
    const begun = generation
    const found = await readable(fetch(contractId, options))
    const forMs = found.spec === null && found.isReadable ? noSpecMs : specMs
    if (begun === generation) kept.set(contractId, { ...found, untilMs: now() + forMs })
    return found
  }

  return {
    get: async (contractIds, options) => {
      const all = new Map<string, Found>()
      const missing: string[] = []
      for (const contractId of new Set(contractIds)) {
        const known = kept.get(contractId)
        if (known === undefined || known.untilMs <= now()) missing.push(contractId)
        else all.set(contractId, known)
      }
      for (let start = 0; start < missing.length; start += atOnceMax) {
        const batch = missing.slice(start, start + atOnceMax)
        await Promise.all(batch.map(async (contractId) => all.set(contractId, await fetchOne(contractId, options))))
      }
      return {
        specs: new Map([...all].map(([contractId, { spec }]) => [contractId, spec])),
        unreadable: [...all].filter(([, { isReadable }]) => !isReadable).map(([contractId]) => contractId),
      }
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

async function readable(fetched: Promise<StellarSpec | null>): Promise<Found> {
  try {
    return { spec: await fetched, isReadable: true }
  } catch (error) {
    if (error instanceof XdrError) return { spec: null, isReadable: false }
    throw error
  }
}
