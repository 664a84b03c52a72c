import type { SourceChain } from '../networks/source-chain.ts'
import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import { raiseNotice } from '../tenants/notice-store.ts'
import { blockTimeOf, demandCursor, type BlockRef } from './commit.ts'
import { findForkPoint } from './fork-search.ts'
import {
  allowSlowStatements,
  cutRanges,
  cutSpans,
  forgetBlocks,
  insertRollback,
  listKeptBlocks,
  orphanMatches,
  resolveFailuresAbove,
  resolveHealedNotices,
  wasEvaluated,
} from './rollback-store.ts'

/**
 * Takes back, in the caller's transaction, what was told of the matches of these blocks, which are orphaned by then.
 * Answers the tenants that had been told something.
 */
export type RetractAlerts = (
  tx: PlatformTx,
  orphaned: { sourceId: string; blockHashes: readonly string[] },
) => Promise<string[]>

export type RollbackDeps = { database: Pick<Database, 'withPlatform'>; retractAlerts: RetractAlerts }

export type RolledBack = { to: BlockRef; depth: number; orphanedMatches: number }

/** Moves a cursor back to the block that the evaluated branch and the chain have in common (design 7.8). */
export type Rollback = {
  /**
   * Asks one endpoint where the branches part, then undoes everything above in one transaction that is fenced like a
   * commit and recorded in `source_rollbacks`. Throws what findForkPoint throws, and FencedError; nothing was changed then.
   */
  rollBack(fork: {
    source: { id: string; epoch: bigint; networkId: string }
    cursor: BlockRef
    chain: Pick<SourceChain, 'pinned'>
    signal: AbortSignal
  }): Promise<RolledBack>
}

export function createRollback({ database, retractAlerts }: RollbackDeps): Rollback {
  return {
    rollBack: async ({ source, cursor, chain, signal }) => {
      const blocks = await database.withPlatform((tx) => listKeptBlocks(tx, source.id))
      const isEvaluated = (number: bigint) => database.withPlatform((tx) => wasEvaluated(tx, source.id, number))
      const target = await findForkPoint(chain.pinned(), { blocks, isEvaluated }, { cursor, signal })
      const to = { number: target.number, hash: target.hash }

      const orphanedMatches = await database.withPlatform(async (tx) => {
        await demandCursor(tx, { source, from: cursor, to: { ...to, time: blockTimeOf(target.timestamp) } })
        await allowSlowStatements(tx)
        // Before the matches: a repair that runs holds its failure, and what it finds is to be seen below.
        const failed = await resolveFailuresAbove(tx, source.id, to.number)
        await resolveHealedNotices(tx, failed)
        const blockHashes = await forgetBlocks(tx, source.id, to.number)
        const orphaned = await orphanMatches(tx, source.id, blockHashes)
        // After the matches: a fan-out that runs holds them, and the deliveries it makes are to be seen here.
        const told = orphaned === 0 ? [] : await retractAlerts(tx, { sourceId: source.id, blockHashes })
        await cutRanges(tx, source.id, to.number)
        await cutSpans(tx, source.id, to.number)
        await insertRollback(tx, source.id, { from: cursor, to, orphanedMatches: orphaned })
        await raiseNotice(tx, told, {
          kind: 'chain_reorganised',
          severity: 'warning',
          subject: { kind: 'network', id: source.networkId },
          message: `The chain was reorganised after block ${to.number}. Alerts of abandoned blocks were retracted.`,
          data: { from_block: to.number + 1n, to_block: cursor.number },
        })
        return orphaned
      })
      return { to, depth: Number(cursor.number - to.number), orphanedMatches }
    },
  }
}
