import { RpcError, type EvmHeader } from '@smt/chains'
import { describe, expect, it } from 'vitest'
import { findForkPoint, ForkTooDeepError } from './fork-search.ts'

const hashOf = (branch: string, number: number) => `0x${branch}${number}`

/** A node whose chain is branch `a` below `fork` and branch `b` from it on. */
function createNode(fork: number, head = 20_000) {
  const asked: number[] = []
  const node = {
    asked,
    branchOf: (number: number): string => (number < fork ? 'a' : 'b'),
    header: async (wanted: bigint): Promise<EvmHeader> => {
      const number = Number(wanted)
      asked.push(number)
      if (number > head) throw new RpcError('null_result', 'eth_getBlockByNumber')
      const hash = hashOf(node.branchOf(number), number)
      const parentHash = hashOf(node.branchOf(number - 1), number - 1)
      return { number: wanted, hash, parentHash, timestamp: wanted }
    },
  }
  return node
}

const blockOf = (number: number) => ({
  number: BigInt(number),
  hash: hashOf('a', number),
  parentHash: hashOf('a', number - 1),
})
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

type Search = { cursor?: number; kept?: number[]; evaluatedFrom?: number }

function search(
  node: Pick<ReturnType<typeof createNode>, 'header'>,
  { cursor = 10_000, kept = numbers(9_001, 10_000), evaluatedFrom = 0 }: Search = {},
) {
  const branch = {
    blocks: kept.map(blockOf),
    isEvaluated: async (number: bigint) => number >= BigInt(evaluatedFrom) && number <= 10_000n,
  }
  const { signal } = new AbortController()
  return findForkPoint(node, branch, { cursor: { number: BigInt(cursor), hash: hashOf('a', cursor) }, signal })
}

describe('the search for the block that both branches have in common', () => {
  it.each([...numbers(1, 20), 500, 999, 1_000])('finds it %i blocks below the cursor', async (depth) => {
    const node = createNode(10_001 - depth)
    const number = 10_000 - depth
    expect(await search(node)).toMatchObject({ number: BigInt(number), hash: hashOf('a', number) })
    expect(node.asked.length).toBeLessThanOrEqual(17)
  })

  it('gives up 1,001 blocks below the cursor, since it cannot tell', async () => {
    await expect(search(createNode(9_000))).rejects.toThrow(ForkTooDeepError)
    await expect(search(createNode(1))).rejects.toMatchObject({ number: 9_001n })
  })

  it('ends before the first block that was evaluated: below it nothing is to be undone', async () => {
    const node = createNode(5_000)
    const found = await search(node, { kept: numbers(9_990, 10_000), evaluatedFrom: 9_990 })
    expect(found).toMatchObject({ number: 9_989n, hash: hashOf('b', 9_989) })
  })

  it('ends where blocks were skipped when the fork lies among them', async () => {
    const kept = [...numbers(9_500, 9_510), ...numbers(9_900, 10_000)]
    const branch = {
      blocks: kept.map(blockOf),
      isEvaluated: async (number: bigint) => kept.includes(Number(number)),
    }
    const cursor = { number: 10_000n, hash: hashOf('a', 10_000) }
    const { signal } = new AbortController()
    const findFrom = (fork: number) => findForkPoint(createNode(fork), branch, { cursor, signal })
    expect(await findFrom(9_700)).toMatchObject({ number: 9_899n, hash: hashOf('b', 9_899) })
    expect(await findFrom(9_900)).toMatchObject({ number: 9_899n, hash: hashOf('a', 9_899) })
    expect(await findFrom(9_505)).toMatchObject({ number: 9_504n, hash: hashOf('a', 9_504) })
  })

  it('moves no number when the cursor was placed and nothing was evaluated since', async () => {
    const found = await search(createNode(9_990), { kept: [], evaluatedFrom: 10_001 })
    expect(found).toMatchObject({ number: 10_000n, hash: hashOf('b', 10_000) })
  })
})

describe('a node that does not hold to one story moves nothing', () => {
  const refused = (code: string) => ({ name: 'RpcError', code })

  it('that does not confirm the fork', async () => {
    await expect(search(createNode(10_001))).rejects.toMatchObject(refused('inconsistent_block'))
  })

  it('whose chain does not reach beyond the cursor', async () => {
    await expect(search(createNode(9_990, 10_000))).rejects.toMatchObject(refused('null_result'))
    await expect(search(createNode(9_990, 9_995))).rejects.toMatchObject(refused('null_result'))
  })

  it.each(numbers(0, 9))('that answers null in the middle of the search (request %i)', async (request) => {
    const node = createNode(9_990)
    let requests = 0
    const header = (number: bigint) => {
      requests += 1
      return requests === request + 1
        ? Promise.reject(new RpcError('null_result', 'eth_getBlockByNumber'))
        : node.header(number)
    }
    await expect(search({ header })).rejects.toMatchObject(refused('null_result'))
  })

  it.each(numbers(1, 14))('that changes its branch in the middle of the search (request %i)', async (request) => {
    const node = createNode(9_990)
    let requests = 0
    const header = (number: bigint) => {
      requests += 1
      if (requests === request + 1) node.branchOf = (at) => (at < 9_980 ? 'a' : 'c')
      return node.header(number)
    }
    await expect(search({ header })).rejects.toMatchObject(refused('inconsistent_block'))
  })

  it.each(numbers(1, 14))('that returns to the evaluated branch in the middle of it (request %i)', async (request) => {
    const node = createNode(9_990)
    let requests = 0
    const header = (number: bigint) => {
      requests += 1
      if (requests === request + 1) node.branchOf = () => 'a'
      return node.header(number)
    }
    await expect(search({ header })).rejects.toMatchObject(refused('inconsistent_block'))
  })

  it('that lies about one block of the old branch', async () => {
    const node = createNode(9_990)
    const header = async (number: bigint) => {
      const told = await node.header(number)
      return number === 9_501n ? { ...told, hash: '0xlie' } : told
    }
    // The lie leads the search to 9,501, but the block after it does not fit.
    await expect(search({ header })).rejects.toMatchObject(refused('inconsistent_block'))
  })
})
