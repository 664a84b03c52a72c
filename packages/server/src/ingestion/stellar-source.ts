import type { RpcCallOptions, StellarChain } from '@smt/chains'
import type { LedgerData } from '@smt/engine'
import type { SourceChain, StellarSourceBlock } from '../networks/source-chain.ts'
import { createSpecCache } from './spec-cache.ts'

/** A Stellar network as sources follow it: the facts of a ledger are the specs of contracts, which are cached. */
export function createStellarSource(chain: StellarChain, { now }: { now: () => number }): SourceChain {
  const specs = createSpecCache({ fetch: (contractId, options) => chain.contractSpec(contractId, options), now })
  let highest: bigint | undefined

  const blockOf = (data: LedgerData): StellarSourceBlock => ({
    type: 'Stellar',
    header: {
      number: data.ledger.sequence,
      hash: data.ledger.hash,
      parentHash: data.ledger.previousHash,
      timestamp: data.ledger.closeTime,
    },
    data,
    contractSpecs: (contractIds, options) => specs.get(contractIds, options),
    forgetSpecs: (contractIds) => specs.forget(contractIds),
  })

  const ledger = async (number: bigint, options?: RpcCallOptions): Promise<StellarSourceBlock> => {
    // Upgrades in ledgers that nobody reads go unnoticed.
    if (highest !== undefined && number > highest + 1n) specs.clear()
    if (highest === undefined || number > highest) highest = number
    return blockOf(await chain.block(number, options))
  }

  return {
    head: (options) => chain.head(options),
    header: (number, options) => chain.header(number, options),
    block: ledger,
    locate: async (hash, options) => {
      const txHash = hash.replace(/^0x/i, '').toLowerCase()
      const { ledger: number } = await chain.locate(txHash, options)
      return { type: 'Stellar', block: await ledger(number, options), txHash }
    },
    pinned: () => chain.pinned(),
  }
}
