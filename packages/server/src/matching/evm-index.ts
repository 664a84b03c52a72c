import { compileMonitors, evaluateBlock, factsNeeded, type EvmReceipt } from '@smt/engine'
import type { FollowedNetwork } from '../networks/source-chain.ts'
import type { FamilyIndex } from './family-index.ts'

/** The monitors of an EVM network. Receipts are fetched where only they are left to decide. */
export function createEvmIndex({ slug }: FollowedNetwork): FamilyIndex {
  const index = compileMonitors(slug, [])
  return {
    get size() {
      return index.size
    },
    set: ({ key, configuration }) => index.set({ key, configuration }),
    remove: (key) => index.remove(key),
    evaluate: async (block, options) => {
      if (block.type !== 'EVM') throw new Error(`a ${block.type} block came to the monitors of an EVM network`)
      const { receiptHashes } = factsNeeded(index, block.data)
      const receipts: ReadonlyMap<string, EvmReceipt> =
        receiptHashes.length === 0 ? new Map() : await block.receipts(receiptHashes, options)
      const { matches, failures } = evaluateBlock(index, block.data, { receipts })
      return {
        matches: matches.map((match) => ({ ...match, positions: null })),
        failures,
        body: null,
        undecoded: 0,
        upgrades: [],
      }
    },
  }
}
