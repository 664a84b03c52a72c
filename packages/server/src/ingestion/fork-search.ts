import { RpcError } from '@smt/chains'
import type { BlockHeader, SourceChain } from '../networks/source-chain.ts'
import type { BlockRef } from './commit-store.ts'

/** What is remembered of the branch that was evaluated, up to the cursor. */
export type EvaluatedBranch = {
  /** The last blocks, ascending; none but evaluated ones, so there may be gaps where blocks were skipped. */
  blocks: readonly (BlockRef & { parentHash: string })[]
  /** Whether a block was evaluated, also when its hash is not remembered any more. */
  isEvaluated(number: bigint): Promise<boolean>
}

/** The fork lies below the blocks whose hashes are remembered. */
export class ForkTooDeepError extends Error {
  override readonly name = 'ForkTooDeepError'
  /** The oldest block that is known to be abandoned. */
  readonly number: bigint

  constructor(number: bigint) {
    super(`the chain was reorganised below block ${number}, further than is remembered`)
    this.number = number
  }
}

/**
 * The block from which on the node's chain is another one than was evaluated: the last that both have in common, or,
 * where nothing was evaluated below the first abandoned block, the new chain's block of that number. Hash chains agree
 * below the ancestor and disagree above it, so about ten headers find it among 1,000 blocks.
 *
 * `chain` must be one endpoint. Whatever it says has to fit together; a node that lags, answers null, changes its mind or
 * does not confirm the fork at all throws RpcError, and nothing is to be rolled back.
 *
 * @throws ForkTooDeepError when the first abandoned block that is remembered is not the first that was evaluated.
 */
export async function findForkPoint(
  chain: Pick<SourceChain, 'header'>,
  branch: EvaluatedBranch,
  { cursor, signal }: { cursor: BlockRef; signal: AbortSignal },
): Promise<BlockHeader> {
  const headerOf = (number: bigint) => chain.header(number, { signal })
  const blocks = branch.blocks.filter(({ number }) => number <= cursor.number)

  const tip = await headerOf(cursor.number)
  const child = await headerOf(cursor.number + 1n)
  demand(tip.hash !== cursor.hash && child.parentHash === tip.hash)

  const isAbandoned = async ({ number, hash }: BlockRef) => (await headerOf(number)).hash !== hash
  let [low, high] = [0, blocks.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const block = blocks[middle]
    if (block !== undefined && (await isAbandoned(block))) high = middle
    else low = middle + 1
  }
  const abandoned = blocks[low]
  const firstNumber = abandoned?.number ?? cursor.number + 1n

  // Asked again: a branch that changed while it was searched would leave a cursor that is on neither.
  const target = await headerOf(firstNumber - 1n)
  const first = await headerOf(firstNumber)
  demand(first.parentHash === target.hash && first.hash !== abandoned?.hash)
  // A lie about one block's hash leads here as well; the block after it knows better.
  if (abandoned !== undefined) demand((await headerOf(firstNumber + 1n)).parentHash === first.hash)
  demand((await headerOf(cursor.number)).hash === tip.hash)

  const known = blocks[low - 1]
  if (known?.number === target.number) demand(known.hash === target.hash)
  else if (abandoned?.parentHash !== target.hash && (await branch.isEvaluated(target.number)))
    throw new ForkTooDeepError(firstNumber)
  return target
}

function demand(isConsistent: boolean): void {
  if (!isConsistent) throw new RpcError('inconsistent_block')
}
