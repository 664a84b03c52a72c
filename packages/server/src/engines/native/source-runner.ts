import { RpcError } from '@smt/chains'
import {
  FencedError,
  committedBlockOf,
  type BlockRef,
  type Committer,
  type EvaluatedBlock,
  type SkipReason,
} from '../../ingestion/commit.ts'
import { createBlockReader, ParentMismatchError, type BlockReader } from '../../ingestion/block-reader.ts'
import type { ChainClient } from '../../ingestion/chain-client.ts'
import type { Rollback } from '../../ingestion/rollback.ts'
import type { SourceReports } from '../../ingestion/source-reports.ts'
import type { LedSource } from '../../ingestion/leadership.ts'
import { evaluateForAll } from '../../matching/block-evaluation.ts'
import type { ConfigFeed } from '../../matching/config-feed.ts'
import { LeadershipLostError, type LiveIndex } from '../../matching/live-index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Metrics } from '../../platform/metrics.ts'
import type { EvaluationMeter } from '../../usage/usage-recorder.ts'
import { backoffMs } from './failure-backoff.ts'
import type { FailureRetry } from './failure-retry.ts'

/**
 * The loop body of one chain source, for as long as this process leads it:
 *
 * ```
 * (no cursor | idle) ──first poll──▶ cursor = confirmed tip − 1
 *        following ──blocks left over──▶ catching_up ──caught up──▶ following
 *        any ──node or data fails──▶ failing ──next good poll──▶ following
 *        any ──fork below the cursor──▶ rolled back to the common ancestor, then on in the same poll
 *        any ──fork deeper than is remembered──▶ stopped (looked at again after five minutes)
 *        any ──no node keeps the next block──▶ gap recorded, on from the oldest that is kept
 *        any ──budget of requests used up──▶ the same, comes again when there is room
 *        nobody watches ──▶ idle, spans closed
 * ```
 */
export type SourceRunner = {
  /** One poll. `lost`: another process leads the source; `retired`: nobody watches it. */
  poll(): Promise<{ nextMs: number } | 'lost' | 'retired'>
  /** What it is polling with; undefined before the first poll. */
  client(): ChainClient | undefined
  /** Whether its last poll ended well; false before the first one. */
  isSound(): boolean
  isWatched(isWatched: boolean): void
  monitors(): number
}

export type SourceRunnerDeps = {
  clock: Pick<Clock, 'now'>
  metrics: Pick<
    Metrics,
    | 'blocksEvaluated'
    | 'blockDuration'
    | 'matches'
    | 'monitorFailures'
    | 'undecodedParts'
    | 'rollbacks'
    | 'rollbackDepth'
  >
  feed: ConfigFeed
  committer: Committer
  rollback: Rollback
  reports: SourceReports
  failureRetry: FailureRetry
  /** Opens the network and its secrets; throws when it cannot be used. */
  openClient: () => Promise<ChainClient>
  /** How long the budget of requests has nothing for this host; 0 of shared sources. */
  delayMs: (host: string) => Promise<number>
  isLeader: () => boolean
  /** A hint to fan-out that matches were committed. */
  onMatches: () => void
  meter: Pick<EvaluationMeter, 'evaluated'>
  signal: AbortSignal
}

/** A poll gives the others a turn after this long; what is left over is the next poll's. */
const sliceMs = 2_000
/** Blocks without a match that are committed together. */
const runLengthMax = 100
const stoppedDelayMs = 300_000
const heldQuietMs = 2_000
/** So many in a row may be a chain with short blocks. */
const forkedPollsMax = 3

export function createSourceRunner(deps: SourceRunnerDeps, source: LedSource, live: LiveIndex): SourceRunner {
  const { clock, metrics, feed, committer, rollback, reports, failureRetry } = deps
  const { openClient, delayMs, isLeader, onMatches, meter, signal } = deps
  const ref = { id: source.id, epoch: source.epoch }
  let cursor: BlockRef | null = cursorOf(source)
  let isResuming = source.state === 'idle' && cursor !== null
  let isLoaded = false
  let isWatched = source.isWatched
  let client: ChainClient | undefined
  let reader: BlockReader | undefined
  let failures = 0
  let hasEndedWell = false
  /** Polls in a row that found the chain reorganised. */
  let forkedPolls = 0
  let hasForked = false
  /** Since when polls find the budget of requests used up. */
  let heldSinceMs: number | undefined

  /** Brings the index to the present; blocks from `cursor + 1` on are evaluated with it. */
  const refresh = async (): Promise<void> => {
    await feed.poll()
    if (!isLoaded) await live.load()
    isLoaded = true
    await live.refresh(cursor === null || isResuming ? undefined : cursor.number + 1n)
  }

  const demandOnChain = async (chain: ChainClient['chain'], at: BlockRef): Promise<void> => {
    try {
      const { hash } = await chain.header(at.number, { signal })
      if (hash !== at.hash) throw new ParentMismatchError(at)
    } catch (error) {
      // A node that keeps recent blocks only cannot tell.
      if (!(error instanceof RpcError && ['null_result', 'outside_retention'].includes(error.code))) throw error
    }
  }

  /** Places the cursor of a source that was not followed, or whose owner wants old blocks skipped. */
  const placeCursor = async ({ chain, maxPastBlocks }: ChainClient, confirmed: bigint): Promise<void> => {
    const skip = async (number: bigint, reason: SkipReason | null): Promise<void> => {
      const from = cursor
      // What is skipped links nothing to the cursor: whether its block is still part of the chain has to be asked.
      if (from !== null) await demandOnChain(chain, from)
      const { parentHash } = await chain.header(number + 1n, { signal })
      const to = { number, hash: parentHash }
      await committer.skipTo({ source: ref, from, to, reason })
      cursor = to
      if (from !== null && reason !== null)
        await reports.tellSkipped(live.tenantIds(), { from: from.number + 1n, to: number, reason })
    }
    if (cursor === null) await skip(confirmed - 1n, null)
    else if (isResuming && confirmed - 1n > cursor.number) await skip(confirmed - 1n, 'no_active_monitor')
    isResuming = false
    if (cursor !== null && maxPastBlocks !== null && confirmed - maxPastBlocks - 1n > cursor.number) {
      await skip(confirmed - maxPastBlocks - 1n, 'max_past_blocks')
    }
  }

  /** Evaluates what is confirmed, as far as the slice lasts; answers whether there is more. */
  const advance = async ({ chain, host }: ChainClient, confirmed: bigint): Promise<boolean> => {
    const startedAtMs = clock.now().getTime()
    reader ??= createBlockReader(chain, { signal })
    const run: EvaluatedBlock[] = []
    const flush = async (): Promise<void> => {
      const last = run.at(-1)
      if (last === undefined || cursor === null) return
      const inserted = await committer.commitBlocks({ source: ref, from: cursor, blocks: run })
      cursor = { number: last.number, hash: last.hash }
      meter.evaluated(run.length)
      metrics.blocksEvaluated.inc({ source_kind: source.kind }, run.length)
      metrics.matches.inc(inserted)
      metrics.monitorFailures.inc(run.reduce((sum, block) => sum + block.failures.length, 0))
      metrics.undecodedParts.inc(run.reduce((sum, block) => sum + block.undecoded, 0))
      run.length = 0
      if (inserted > 0) onMatches()
    }
    try {
      for (
        let parent: BlockRef | null = cursor;
        parent !== null && parent.number < confirmed;
        parent = run.at(-1) ?? cursor
      ) {
        if (signal.aborted || !isLeader() || clock.now().getTime() - startedAtMs > sliceMs) return true
        // A place is not held for as long as the budget lasts: the source comes again when there is room.
        if ((await delayMs(host)) > 0) return true
        await feed.poll()
        if (feed.isDirty(source.id)) {
          // Nobody's new version may be in force before its first block: what was evaluated without it goes first.
          await flush()
          await refresh()
        }
        const blockStartedAtMs = performance.now()
        const block = await reader.after(parent, { lastNumber: confirmed })
        const evaluation = await evaluateForAll(live, block, { signal })
        run.push({ ...committedBlockOf(block.header), family: block.type, ...evaluation })
        const { matches, failures: failed } = evaluation
        if (matches.length > 0 || failed.length > 0 || run.length >= runLengthMax) await flush()
        metrics.blockDuration.observe((performance.now() - blockStartedAtMs) / 1_000)
      }
      return false
    } catch (error) {
      if (!(error instanceof ParentMismatchError) || error.at.hash === cursor?.hash) throw error
      // The fork is above the cursor: nothing of what was read is known to be of the chain, all of it is read again.
      run.length = 0
      throw new RpcError('inconsistent_block')
    } finally {
      // What was evaluated before a block failed is kept.
      await flush()
    }
  }

  /** Does the work again on the chain as it is now when the cursor's block is not part of it any more, once. */
  const afterForks = async <T>({ chain }: ChainClient, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ParentMismatchError) || cursor === null) throw error
      reader?.discard()
      const { networkId } = source
      const { to, depth, orphanedMatches } = await rollback.rollBack({
        source: { ...ref, networkId: networkId ?? '' },
        cursor,
        chain,
        signal,
      })
      reports.logRollback({ from: cursor, to, depth, orphanedMatches })
      cursor = to
      hasForked = true
      metrics.rollbacks.inc({ source_kind: source.kind })
      metrics.rollbackDepth.observe(depth)
      return work()
    }
  }

  /** Does the work; blocks that no node keeps any more are left behind, visibly (design 7.7). True: there is more. */
  const pastRetention = async (
    { chain }: ChainClient,
    confirmed: bigint,
    work: () => Promise<boolean>,
  ): Promise<boolean> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== 'outside_retention' || cursor === null) throw error
      const oldest = error.range?.oldest
      // Nodes that keep nothing of what is to be read, or say so and contradict themselves, are waited for.
      if (oldest === undefined || oldest <= cursor.number + 1n || oldest > confirmed) throw error
      reader?.discard()
      const from = cursor
      const { parentHash } = await chain.header(oldest, { signal })
      const to = { number: oldest - 1n, hash: parentHash }
      const reason = 'outside_retention'
      await committer.skipTo({ source: ref, from, to, reason })
      cursor = to
      await reports.tellSkipped(live.tenantIds(), { from: from.number + 1n, to: to.number, reason })
      return true
    }
  }

  /** Comes again when there is room in the budget. What is seldom or short is not worth a word. */
  const hold = async (waitMs: number): Promise<number> => {
    const nowMs = clock.now().getTime()
    heldSinceMs ??= nowMs
    if (nowMs - heldSinceMs >= heldQuietMs) await reports.recordThrottled(ref)
    return waitMs
  }

  const follow = async (): Promise<number> => {
    await refresh()
    const following = (client ??= await openClient())
    hasForked = false
    const heldMs = await delayMs(following.host)
    if (heldMs > 0) return hold(heldMs)
    const head = await following.chain.head({ signal })
    const confirmed = head - following.confirmationBlocks
    // A chain too young to have a confirmed block with a parent is waited for.
    if (confirmed >= 1n) {
      await afterForks(following, () => placeCursor(following, confirmed))
      await refresh()
    }
    // A failing source is well again when a poll has ended well, not when it has begun.
    const progress = { head, confirmed, isThrottled: heldSinceMs !== undefined }
    if (failures === 0 && cursor !== null && cursor.number < confirmed)
      await reports.recordProgress(ref, { ...progress, isBehind: true })
    const hasMore =
      confirmed >= 1n &&
      (await pastRetention(following, confirmed, () => afterForks(following, () => advance(following, confirmed))))
    const leftMs = hasMore ? await delayMs(following.host) : 0
    heldSinceMs = leftMs > 0 ? (heldSinceMs ?? clock.now().getTime()) : undefined
    await reports.recordProgress(ref, { ...progress, isBehind: hasMore, isThrottled: leftMs > 0 })
    await reports.tellRecovered(live.tenantIds())
    const { isMatched } = await failureRetry.retryDue(following.chain, signal)
    if (isMatched) onMatches()
    failures = 0
    hasEndedWell = true
    forkedPolls = hasForked ? forkedPolls + 1 : 0
    const nextMs = hasMore ? leftMs : following.pollIntervalMs
    // A node that makes up a fork for every poll has everybody's database roll back: a tenant's own is left alone for longer.
    const isStorm = source.kind === 'own' && forkedPolls > forkedPollsMax
    return isStorm ? Math.max(nextMs, backoffMs(forkedPolls - forkedPollsMax, following.pollIntervalMs)) : nextMs
  }

  const retire = async (): Promise<'retired'> => {
    reader?.discard()
    if (cursor !== null) await live.retire(cursor.number)
    await reports.recordIdle(ref)
    return 'retired'
  }

  return {
    client: () => client,
    monitors: () => live.index.size,
    isSound: () => hasEndedWell && failures === 0,
    isWatched: (now) => {
      isWatched = now
    },
    poll: async () => {
      try {
        if (!isLeader()) {
          reader?.discard()
          return 'lost'
        }
        return isWatched ? { nextMs: await follow() } : await retire()
      } catch (error) {
        reader?.discard()
        if (error instanceof FencedError || error instanceof LeadershipLostError) return 'lost'
        if (signal.aborted) return { nextMs: 0 }
        failures += 1
        const { state } = await reports.recordTrouble(ref, { error, failures, tenantIds: live.tenantIds() })
        const delayMs = state === 'stopped' ? stoppedDelayMs : backoffMs(failures, client?.pollIntervalMs ?? 1_000)
        return { nextMs: delayMs }
      }
    },
  }
}

function cursorOf({ cursorNumber, cursorHash }: LedSource): BlockRef | null {
  return cursorNumber === null || cursorHash === null ? null : { number: cursorNumber, hash: cursorHash }
}
