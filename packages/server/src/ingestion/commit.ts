import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '@smt/engine'
import type { BlockHeader, ChainFamily } from '../networks/source-chain.ts'
import { listWatchersOf, recordUndecoded } from './ledger-event-store.ts'
import type { Database } from '../platform/db/doors.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import { raiseNotice, resolveNotices } from '../tenants/notice-store.ts'
import {
  findHealedMonitor,
  insertBodies,
  insertFailures,
  insertItems,
  insertMatches,
  listDueFailures,
  lockOpenFailure,
  moveCursor,
  postponeFailure,
  recordBlocks,
  recordRange,
  resolveFailure,
  touchMonitors,
  type BlockRef,
  type CommittedBlock,
  type CursorMove,
  type DueFailure,
  type NewBody,
  type NewItem,
  type NewMatch,
} from './commit-store.ts'

export type { BlockRef }

/** Which tenant's monitor, in which version, and under which name of the network. */
export type MonitorRef = {
  tenantId: string
  id: string
  versionId: string
  monitorId: string
  networkId: string
  severity: string
}

/** A block on which every monitor was evaluated, or failed and is named. */
export type EvaluatedBlock = CommittedBlock & {
  family: ChainFamily
  /** What match objects show of the block itself; it is kept when anything matched. */
  body: JsonObject | null
  /** How many parts of it this version cannot decode. */
  undecoded: number
  /** Contracts whose code was replaced in it. */
  upgrades: readonly string[]
  matches: readonly EvaluatedMatch[]
  failures: readonly { monitor: MonitorRef; error: string }[]
}

/** One monitor matched one transaction; what the parts say is the business of the family. */
export type EvaluatedMatch = {
  monitor: MonitorRef
  txHash: string
  txIndex: number
  matchedOn: JsonValue
  matchedOnArgs: JsonValue
  withReceipt: boolean
  positions: JsonValue
  /** Shared by all matches of the transaction. */
  item: JsonValue
}

export type BlockCommit = {
  source: { id: string; epoch: bigint }
  /** The cursor as this leader knows it: the parent of the first block. */
  from: BlockRef
  /** Contiguous; at least one. */
  blocks: readonly EvaluatedBlock[]
}

export type Committer = {
  /**
   * Everything of these blocks in one transaction: the cursor, fenced by epoch, number and hash, then transactions that
   * matched, matches, failures and ranges (design 7.2). Throws FencedError, and then nothing was written. Repeating a
   * block writes nothing twice. Answers how many matches are new.
   */
  commitBlocks(commit: BlockCommit): Promise<number>
  /** Moves the cursor past blocks that are not evaluated; `reason` is what tenants read. */
  skipTo(skip: CursorSkip): Promise<void>
  /** Blocks that single monitors failed on, when it is time to try again. */
  listDueFailures(sourceId: string, limit: number): Promise<DueFailure[]>
  /**
   * Stores what a monitor matched on a block that it had failed on, and closes that gap unless it fails there still, in one
   * transaction. Does nothing when the gap is closed already: its block may have been rolled back meanwhile.
   */
  repair(sourceId: string, repair: { failure: DueFailure; block: EvaluatedBlock }): Promise<void>
  postpone(failure: DueFailure, error: string): Promise<void>
}

/** `outside_retention`: no node has the blocks any more; the others are decisions of ours or of the owner. */
export type SkipReason = 'no_active_monitor' | 'max_past_blocks' | 'outside_retention'

export type CursorSkip = {
  source: { id: string; epoch: bigint }
  from: BlockRef | null
  to: BlockRef
  /** Null at the first block of a source, before which there is nothing to skip. */
  reason: SkipReason | null
}

export class FencedError extends Error {
  override readonly name = 'FencedError'

  constructor() {
    super('the cursor was moved by another leader')
  }
}

export function createCommitter({ database }: { database: Pick<Database, 'withPlatform'> }): Committer {
  return {
    commitBlocks: ({ source, from, blocks }) => {
      const last = blocks.at(-1)
      const first = blocks[0]
      if (last === undefined || first === undefined) throw new Error('a commit needs a block')
      const matches = blocks.flatMap((block) => block.matches.map((match) => newMatchOf(source.id, block, match)))
      return database.withPlatform(async (tx) => {
        // First, so that whoever comes second waits here and is fenced instead of running into what the other has stored.
        await demandCursor(tx, { source, from, to: last })
        await insertItems(tx, source.id, itemsOf(blocks))
        await insertBodies(tx, source.id, bodiesOf(blocks))
        const inserted = await insertMatches(tx, source.id, matches)
        await touchMonitors(tx, matches)
        await insertFailures(
          tx,
          source.id,
          blocks.flatMap((block) =>
            block.failures.map(({ monitor, error }) => ({
              tenantId: monitor.tenantId,
              monitorRowId: monitor.id,
              versionId: monitor.versionId,
              block,
              error: storableError(error),
            })),
          ),
        )
        for (const { monitor } of blocks.flatMap(({ failures }) => failures)) {
          await raiseNotice(tx, [monitor.tenantId], {
            kind: 'monitor_failing',
            severity: 'warning',
            subject: { kind: 'monitor', id: monitor.monitorId },
            message: 'A block could not be evaluated for this monitor. It is tried again.',
          })
        }
        for (const block of blocks) await tellUpgrades(tx, source.id, block)
        await recordUndecoded(tx, source.id, blocks)
        await recordRange(tx, source.id, { from: first.number, to: last.number, state: 'evaluated', reason: null })
        await recordBlocks(tx, source.id, blocks)
        return inserted
      })
    },

    listDueFailures: (sourceId, limit) => database.withPlatform((tx) => listDueFailures(tx, sourceId, limit)),

    repair: (sourceId, { failure, block }) => {
      const matches = block.matches.map((match) => newMatchOf(sourceId, block, match))
      return database.withPlatform(async (tx) => {
        if (!(await lockOpenFailure(tx, failure))) return
        await insertItems(tx, sourceId, itemsOf([block]))
        await insertBodies(tx, sourceId, bodiesOf([block]))
        await insertMatches(tx, sourceId, matches)
        await touchMonitors(tx, matches)
        if (block.failures.length > 0) return
        await resolveFailure(tx, failure)
        const healed = await findHealedMonitor(tx, failure)
        if (healed === undefined) return
        const subject = { kind: 'monitor', id: healed } as const
        await resolveNotices(tx, [failure.tenantId], { kind: 'monitor_failing', subject })
      })
    },

    postpone: (failure, error) =>
      database.withPlatform((tx) => postponeFailure(tx, { ...failure, error: storableError(error) })),

    skipTo: ({ source, from, to, reason }) =>
      database.withPlatform(async (tx) => {
        await demandCursor(tx, { source, from, to: { ...to, time: null } })
        if (from !== null && to.number > from.number) {
          const state = reason === 'outside_retention' ? 'unavailable' : 'skipped'
          await recordRange(tx, source.id, { from: from.number + 1n, to: to.number, state, reason })
        }
      }),
  }
}

/** Moves the cursor or throws FencedError: the first statement of whatever goes with the move. */
export async function demandCursor(
  tx: PlatformTx,
  { source, from, to }: { source: BlockCommit['source'] } & Pick<CursorMove, 'from' | 'to'>,
): Promise<void> {
  if (!(await moveCursor(tx, { sourceId: source.id, epoch: source.epoch, from, to }))) throw new FencedError()
}

const errorLengthMax = 1_000

/** An error may quote the chain: U+0000 is the one character that a text column refuses. */
function storableError(error: string): string {
  return error.replaceAll('\u0000', '\ufffd').slice(0, errorLengthMax)
}

/** sha256(tenant, monitor, source, block hash, transaction hash), as design 7.4 identifies a match. */
export function matchKeyOf(parts: {
  tenantId: string
  monitorRowId: string
  sourceId: string
  blockHash: string
  txHash: string
}): Buffer {
  const { tenantId, monitorRowId, sourceId, blockHash, txHash } = parts
  return createHash('sha256').update([tenantId, monitorRowId, sourceId, blockHash, txHash].join('\n')).digest()
}

function newMatchOf(sourceId: string, block: EvaluatedBlock, match: EvaluatedMatch): NewMatch {
  const { tenantId, id: monitorRowId, versionId, networkId, severity } = match.monitor
  const { txHash, txIndex, matchedOn, matchedOnArgs, withReceipt, positions } = match
  const key = matchKeyOf({ tenantId, monitorRowId, sourceId, blockHash: block.hash, txHash })
  return {
    tenantId,
    monitorRowId,
    versionId,
    networkId,
    severity,
    key,
    block,
    txHash,
    txIndex,
    matchedOn,
    matchedOnArgs,
    withReceipt,
    positions,
    family: block.family,
  }
}

/** All matches of a transaction share one item. */
function itemsOf(blocks: readonly EvaluatedBlock[]): NewItem[] {
  return blocks.flatMap((block) => [
    ...new Map(block.matches.map(({ txHash, item }) => [txHash, { block, txHash, body: item }])).values(),
  ])
}

/** Blocks that nothing matched in are not shown to anybody. */
function bodiesOf(blocks: readonly EvaluatedBlock[]): NewBody[] {
  return blocks.flatMap((block) =>
    block.body === null || block.matches.length === 0 ? [] : [{ block, body: block.body }],
  )
}

/** Whoever watches a contract that was upgraded is told, once per monitor. */
async function tellUpgrades(tx: PlatformTx, sourceId: string, { number, upgrades }: EvaluatedBlock): Promise<void> {
  if (upgrades.length === 0) return
  for (const { tenantId, monitorId, contractId } of await listWatchersOf(tx, sourceId, upgrades)) {
    await raiseNotice(tx, [tenantId], {
      kind: 'contract_upgraded',
      severity: 'info',
      subject: { kind: 'monitor', id: monitorId },
      message: `The code of the contract ${contractId} was replaced in ledger ${number}. Its spec on chain is read anew.`,
      data: { contract_id: contractId, block_number: number },
    })
  }
}

const maxTimeS = 253_402_300_799n

/** How the followers of a source remember a block. */
export function committedBlockOf({ number, hash, parentHash, timestamp }: BlockHeader): CommittedBlock {
  return { number, hash, parentHash, time: blockTimeOf(timestamp) }
}

/** The time of a block. Chains' clocks may say anything; what PostgreSQL cannot hold is clamped, the same way each time. */
export function blockTimeOf(timestampS: bigint): Date {
  return new Date(Number(timestampS > maxTimeS ? maxTimeS : timestampS) * 1_000)
}
