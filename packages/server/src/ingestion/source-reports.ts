import { RpcError } from '@smt/chains'
import type { Database } from '../platform/db/doors.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { Notice } from '../tenants/notice-store.ts'
import { ParentMismatchError } from './block-reader.ts'
import type { BlockRef, SkipReason } from './commit.ts'
import { ForkTooDeepError } from './fork-search.ts'
import type { RolledBack } from './rollback.ts'
import type { SourceNotices } from './source-notices.ts'
import {
  recordIdle,
  recordPoll,
  recordThrottled,
  recordTrouble,
  type LedSource,
  type SourceRef,
} from './source-store.ts'

export type Trouble = { state: 'failing' | 'stopped'; code: string; message: string }

/** What the tenants of one source get to see of it: the status of the network and notices. */
export type SourceReports = {
  recordProgress(
    source: SourceRef,
    progress: { isBehind: boolean; head: bigint; confirmed: bigint; isThrottled?: boolean },
  ): Promise<void>
  /** The budget of requests is used up, so the chain was not even asked. */
  recordThrottled(source: SourceRef): Promise<void>
  recordTrouble(
    source: SourceRef,
    trouble: { error: unknown; failures: number; tenantIds: readonly string[] },
  ): Promise<Trouble>
  recordIdle(source: SourceRef): Promise<void>
  /** For operators; what tenants are told of it belongs to the rollback itself. */
  logRollback(rollback: RolledBack & { from: BlockRef }): void
  tellSkipped(tenantIds: readonly string[], gap: { from: bigint; to: bigint; reason: SkipReason }): Promise<void>
  /** Closes notices of a trouble that is over. */
  tellRecovered(tenantIds: readonly string[]): Promise<void>
}

export type SourceReportsDeps = {
  database: Pick<Database, 'withPlatform'>
  clock: Pick<Clock, 'now'>
  logger: Pick<Logger, 'warn' | 'error'>
  notices: SourceNotices
}

/** A source that has nothing new is written this seldom: `polled_at` is what lag is measured from. */
const unchangedMs = 5_000
/** One bad answer is no news; the second is. */
const failuresBeforeNotice = 2

export function createSourceReports(
  { database, clock, logger, notices }: SourceReportsDeps,
  source: LedSource,
): SourceReports {
  const networkId = source.networkId ?? ''
  let written = { text: '', atMs: Number.NEGATIVE_INFINITY }
  let isTroubled = source.state === 'failing' || source.state === 'stopped'
  /** Who was told of the trouble: they are told of its end also when they watch the source no more. */
  const told = new Set<string>(source.tenantId === null ? [] : [source.tenantId])

  const tellRecovered = async (tenantIds: readonly string[]): Promise<void> => {
    if (!isTroubled) return
    const everybody = [...new Set([...tenantIds, ...told])]
    for (const kind of ['network_failing', 'network_stopped'] as const)
      await notices.resolve(everybody, { kind, networkId })
    isTroubled = false
  }

  return {
    recordProgress: async (ref, { isBehind, head, confirmed, isThrottled = false }) => {
      const state = isBehind ? 'catching_up' : 'following'
      const text = `${state} ${head} ${confirmed} ${isThrottled}`
      const nowMs = clock.now().getTime()
      if (text === written.text && nowMs - written.atMs < unchangedMs) return
      await database.withPlatform((tx) =>
        recordPoll(tx, ref, {
          state,
          head,
          confirmed: confirmed < 0n ? 0n : confirmed,
          note: isThrottled ? throttled : undefined,
        }),
      )
      written = { text, atMs: nowMs }
    },

    recordThrottled: async (ref) => {
      const nowMs = clock.now().getTime()
      if (written.text === throttled.code && nowMs - written.atMs < unchangedMs) return
      await database.withPlatform((tx) => recordThrottled(tx, ref, throttled))
      written = { text: throttled.code, atMs: nowMs }
    },

    recordTrouble: async (ref, { error, failures, tenantIds }) => {
      const trouble = troubleOf(error)
      const fields = { sourceId: ref.id, networkId, code: trouble.code, failures }
      if (trouble.code === 'internal_error') logger.error({ ...fields, err: error }, 'a chain source failed')
      else logger.warn(fields, 'a chain source failed')
      written = { text: '', atMs: Number.NEGATIVE_INFINITY }
      isTroubled = true
      // A database that is away cannot be told so; the next poll tries again.
      await database.withPlatform((tx) => recordTrouble(tx, ref, trouble)).catch(() => undefined)
      if (trouble.state === 'failing' && failures !== failuresBeforeNotice) return trouble
      for (const tenantId of tenantIds) told.add(tenantId)
      await notices
        .raise(tenantIds, {
          kind: trouble.state === 'stopped' ? 'network_stopped' : 'network_failing',
          severity: trouble.state === 'stopped' ? 'critical' : 'warning',
          networkId,
          message: trouble.message,
          data: { code: trouble.code },
        })
        .catch((err: unknown) => logger.error({ ...fields, err }, 'tenants could not be told of a failing source'))
      return trouble
    },

    recordIdle: async (ref) => {
      await database.withPlatform((tx) => recordIdle(tx, ref))
      await tellRecovered([])
    },

    logRollback: ({ from, to, depth, orphanedMatches }) =>
      logger.warn(
        { sourceId: source.id, networkId, fromBlock: from.number, toBlock: to.number, depth, orphanedMatches },
        'a chain was reorganised and its cursor rolled back',
      ),

    tellSkipped: (tenantIds, { from, to, reason }) =>
      notices.raise(tenantIds, {
        ...skips[reason],
        networkId,
        message: `Blocks ${from} to ${to} ${skips[reason].message}`,
        data: { from_block: from, to_block: to, reason },
      }),

    tellRecovered,
  }
}

const throttled = {
  code: 'throttled',
  message:
    'The requests to own networks are used up (max_rpc_requests_per_minute, or the limit of one host). ' +
    'The network is read more slowly; no block is skipped.',
}

const skips: Record<SkipReason, Pick<Notice, 'kind' | 'severity' | 'message'>> = {
  max_past_blocks: {
    kind: 'blocks_skipped',
    severity: 'warning',
    message: 'were skipped: max_past_blocks of the network says so.',
  },
  no_active_monitor: {
    kind: 'blocks_skipped',
    severity: 'info',
    message: 'were not watched: no monitor was active on this network.',
  },
  outside_retention: {
    kind: 'blocks_unavailable',
    severity: 'critical',
    message:
      'cannot be watched any more: no endpoint of the network keeps them. An endpoint with a longer history helps.',
  },
}

/** The network of a source cannot be used as it is configured. */
export class UnusableNetworkError extends Error {
  override readonly name = 'UnusableNetworkError'
}

/** What tenants are told: never a URL, never what a node wrote. */
function troubleOf(error: unknown): Trouble {
  if (error instanceof RpcError) return { state: 'failing', code: error.code, message: error.message }
  if (error instanceof ForkTooDeepError) {
    const message =
      `The chain was reorganised below block ${error.number}, deeper than the 1,000 blocks that are remembered. ` +
      'The network is not followed until the chain continues the evaluated branch again.'
    return { state: 'stopped', code: 'fork_too_deep', message }
  }
  if (error instanceof ParentMismatchError) {
    // The branch changed again while it was followed; the next poll finds out where it stands.
    const { code, message } = new RpcError('inconsistent_block')
    return { state: 'failing', code, message }
  }
  if (error instanceof UnusableNetworkError)
    return { state: 'failing', code: 'unusable_network', message: error.message }
  if (error instanceof AppError)
    return { state: 'failing', code: error.code, message: 'The server is busy. The network is tried again.' }
  return {
    state: 'failing',
    code: 'internal_error',
    message: 'The server could not follow this network. It is tried again.',
  }
}
