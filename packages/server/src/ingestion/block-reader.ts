import { RpcError } from '@smt/chains'
import type { SourceBlock, SourceChain } from '../networks/source-chain.ts'
import type { BlockRef } from './commit-store.ts'

/** The chain does not continue the block that was evaluated last: a reorganisation below the confirmations. */
export class ParentMismatchError extends Error {
  override readonly name = 'ParentMismatchError'
  readonly at: BlockRef

  constructor(at: BlockRef) {
    super(`block ${at.number} is not the one that was evaluated any more`)
    this.at = at
  }
}

/**
 * Reads blocks in order, a few ahead, and answers only blocks that continue the ones before. What was read ahead is kept
 * from one poll to the next: how often a node is asked does not depend on how long a commit takes.
 */
export type BlockReader = {
  /**
   * The block after `parent`; reads ahead up to `lastNumber`. Throws RpcError, or ParentMismatchError once the node has
   * confirmed the fork.
   */
  after(parent: BlockRef, options: { lastNumber: bigint }): Promise<SourceBlock>
  /** Forgets what was read ahead and ends the requests for it. */
  discard(): void
}

const aheadMax = 4n

export function createBlockReader(
  chain: Pick<SourceChain, 'block' | 'header'>,
  { signal: ending }: { signal: AbortSignal },
): BlockReader {
  const fetching = new Map<bigint, Promise<SourceBlock>>()
  let reading = new AbortController()
  let signal = AbortSignal.any([ending, reading.signal])

  const fetchAhead = (number: bigint, lastNumber: bigint): void => {
    // After a skip or with a smaller head: what lies elsewhere would be kept for nothing.
    for (const other of fetching.keys()) if (other < number || other >= number + aheadMax) fetching.delete(other)
    for (let next = number; next <= lastNumber && next < number + aheadMax; next += 1n) {
      if (fetching.has(next)) continue
      const block = chain.block(next, { signal })
      // Whoever reaches the block sees the failure; until then it must not end the process.
      block.catch(() => undefined)
      fetching.set(next, block)
    }
  }

  return {
    after: async (parent, { lastNumber }) => {
      const number = parent.number + 1n
      fetchAhead(number, lastNumber)
      const block = await (fetching.get(number) ?? chain.block(number, { signal: ending }))
      fetching.delete(number)
      if (block.header.parentHash === parent.hash) return block
      const confirmed = await chain.header(parent.number, { signal: ending })
      if (confirmed.hash !== parent.hash) throw new ParentMismatchError(parent)
      throw new RpcError('inconsistent_block')
    },
    discard: () => {
      reading.abort()
      reading = new AbortController()
      signal = AbortSignal.any([ending, reading.signal])
      fetching.clear()
    },
  }
}
