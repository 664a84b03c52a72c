import { compileMonitors, evaluateBlock, factsNeeded, type EvmReceipt } from '@smt/engine'
import type { FamilyIndex } from './family-index.ts'

/** The monitors of an EVM network. Receipts are fetched where only they are left to decide. */
export function createEvmIndex(networkSlug: string): FamilyIndex {
  const index = compileMonitors(networkSlug, [])
  return {
    get size() {
      return index.size
    },
    set: ({ key, configuration }) => index.set({ key, configuration }),
    remove: (key) => index.remove(key),
    evaluate: async (block, options) => {
      const { receiptHashes } = factsNeeded(index, block.data)
      const receipts: ReadonlyMap<string, EvmReceipt> =
        receiptHashes.length === 0 ? new Map() : await block.receipts(receiptHashes, options)
      const { matches, failures } = evaluateBlock(index, block.data, { receipts })
      return { matches, failures, body: null, undecoded: 0, upgrades: [] }
    },
  }
}
