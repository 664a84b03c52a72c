import { stringifyJson, type JsonValue } from '@smt/engine'
import type { ChainFamily } from '../networks/source-chain.ts'
import { sql, type PlatformTx } from '../platform/db/tx.ts'

export type BlockRef = { number: bigint; hash: string }

/** A block that is part of the chain, as its followers remember it. */
export type CommittedBlock = BlockRef & { parentHash: string; time: Date }

export type NewMatch = {
  tenantId: string
  monitorRowId: string
  versionId: string
  networkId: string
  severity: string
  key: Buffer
  block: CommittedBlock
  txHash: string
  txIndex: number
  matchedOn: JsonValue
  matchedOnArgs: JsonValue
  withReceipt: boolean
  positions: JsonValue
  family: ChainFamily
}

export type NewItem = { block: CommittedBlock; txHash: string; body: JsonValue }

export type NewFailure = { tenantId: string; monitorRowId: string; versionId: string; block: BlockRef; error: string }

const column = <Row, Value>(rows: readonly Row[], read: (row: Row) => Value): Value[] => rows.map(read)
const json = (value: JsonValue) => stringifyJson(value)

/** Transactions that matched anything, once for all tenants; one that is known stays as it is. */
export async function insertItems(tx: PlatformTx, sourceId: string, items: readonly NewItem[]): Promise<void> {
  if (items.length === 0) return
  await tx.execute(sql`
    insert into chain_items (source_id, block_hash, tx_hash, block_number, block_time, body)
    select ${sourceId}::uuid, i.block_hash, i.tx_hash, i.block_number, i.block_time, i.body::json
    from unnest(${column(items, ({ block }) => block.hash)}::text[], ${column(items, ({ txHash }) => txHash)}::text[],
      ${column(items, ({ block }) => String(block.number))}::bigint[],
      ${column(items, ({ block }) => block.time.toISOString())}::timestamptz[],
      ${column(items, ({ body }) => json(body))}::text[])
      as i (block_hash, tx_hash, block_number, block_time, body)
    on conflict do nothing`)
}

export type NewBody = { block: CommittedBlock; body: JsonValue }

/** What match objects show of these blocks; one that is known stays as it is. */
export async function insertBodies(tx: PlatformTx, sourceId: string, bodies: readonly NewBody[]): Promise<void> {
  if (bodies.length === 0) return
  await tx.execute(sql`
    insert into chain_blocks (source_id, block_hash, block_number, body)
    select ${sourceId}::uuid, b.block_hash, b.block_number, b.body::json
    from unnest(${column(bodies, ({ block }) => block.hash)}::text[],
      ${column(bodies, ({ block }) => String(block.number))}::bigint[],
      ${column(bodies, ({ body }) => json(body))}::text[]) as b (block_hash, block_number, body)
    on conflict do nothing`)
}

/**
 * A match that is known stays as it is, unless a reorganisation had orphaned it: then it lives again (design 7.4),
 * with a body when its own was removed.
 */
export async function insertMatches(tx: PlatformTx, sourceId: string, matches: readonly NewMatch[]): Promise<number> {
  if (matches.length === 0) return 0
  return tx.execute(sql`
    insert into matches as m (tenant_id, match_at, match_key, monitor_id, monitor_version_id, source_id, network_id,
      block_number, block_hash, tx_hash, tx_index, severity, matched_on, matched_on_args, with_receipt, family, positions)
    select n.tenant_id, n.match_at, n.match_key, n.monitor_id, n.version_id, ${sourceId}::uuid, n.network_id,
      n.block_number, n.block_hash, n.tx_hash, n.tx_index, n.severity, n.matched_on::json, n.matched_on_args::json,
      n.with_receipt, n.family, n.positions::json
    from unnest(${column(matches, ({ tenantId }) => tenantId)}::uuid[],
      ${column(matches, ({ block }) => block.time.toISOString())}::timestamptz[],
      ${column(matches, ({ key }) => `\\x${key.toString('hex')}`)}::bytea[],
      ${column(matches, ({ monitorRowId }) => monitorRowId)}::uuid[],
      ${column(matches, ({ versionId }) => versionId)}::uuid[],
      ${column(matches, ({ networkId }) => networkId)}::text[],
      ${column(matches, ({ block }) => String(block.number))}::bigint[],
      ${column(matches, ({ block }) => block.hash)}::text[], ${column(matches, ({ txHash }) => txHash)}::text[],
      ${column(matches, ({ txIndex }) => txIndex)}::integer[], ${column(matches, ({ severity }) => severity)}::text[],
      ${column(matches, ({ matchedOn }) => json(matchedOn))}::text[],
      ${column(matches, ({ matchedOnArgs }) => json(matchedOnArgs))}::text[],
      ${column(matches, ({ withReceipt }) => withReceipt)}::boolean[],
      ${column(matches, ({ family }) => family)}::text[],
      ${column(matches, ({ positions }) => (positions === null ? null : json(positions)))}::text[])
      as n (tenant_id, match_at, match_key, monitor_id, version_id, network_id, block_number, block_hash, tx_hash,
        tx_index, severity, matched_on, matched_on_args, with_receipt, family, positions)
    on conflict (tenant_id, match_key, match_at) do update
    set orphaned_at = null, incarnation = m.incarnation + 1, fanout_state = 'pending', body_removed_at = null,
      monitor_version_id = case when m.body_removed_at is null then m.monitor_version_id else excluded.monitor_version_id end,
      matched_on = case when m.body_removed_at is null then m.matched_on else excluded.matched_on end,
      matched_on_args = case when m.body_removed_at is null then m.matched_on_args else excluded.matched_on_args end,
      positions = case when m.body_removed_at is null then m.positions else excluded.positions end
    where m.orphaned_at is not null`)
}

export async function touchMonitors(tx: PlatformTx, matches: readonly NewMatch[]): Promise<void> {
  if (matches.length === 0) return
  await tx.execute(sql`
    update monitors m set last_match_at = now()
    from (select distinct * from unnest(${column(matches, ({ tenantId }) => tenantId)}::uuid[],
      ${column(matches, ({ monitorRowId }) => monitorRowId)}::uuid[]) as t (tenant_id, id)) n
    where m.tenant_id = n.tenant_id and m.id = n.id`)
}

/** A failure on a block that was abandoned and is part of the chain again is open again. */
export async function insertFailures(tx: PlatformTx, sourceId: string, failures: readonly NewFailure[]): Promise<void> {
  if (failures.length === 0) return
  await tx.execute(sql`
    insert into monitor_failures (tenant_id, monitor_id, monitor_version_id, source_id, block_number, block_hash, error)
    select f.tenant_id, f.monitor_id, f.version_id, ${sourceId}::uuid, f.block_number, f.block_hash, f.error
    from unnest(${column(failures, ({ tenantId }) => tenantId)}::uuid[],
      ${column(failures, ({ monitorRowId }) => monitorRowId)}::uuid[],
      ${column(failures, ({ versionId }) => versionId)}::uuid[],
      ${column(failures, ({ block }) => String(block.number))}::bigint[],
      ${column(failures, ({ block }) => block.hash)}::text[], ${column(failures, ({ error }) => error)}::text[])
      as f (tenant_id, monitor_id, version_id, block_number, block_hash, error)
    on conflict (tenant_id, monitor_version_id, source_id, block_hash) do update
    set resolved_at = null, error = excluded.error, attempts = 1, next_attempt_at = excluded.next_attempt_at
    where monitor_failures.resolved_at is not null`)
}

export type Range = { from: bigint; to: bigint; state: 'evaluated' | 'skipped' | 'unavailable'; reason: string | null }

/** What happened to these blocks; a range that continues the one before it lengthens that one. */
export async function recordRange(tx: PlatformTx, sourceId: string, range: Range): Promise<void> {
  const lengthened = await tx.execute(sql`
    update source_ranges set to_block = ${range.to}
    where source_id = ${sourceId} and to_block = ${range.from - 1n} and state = ${range.state} and state = 'evaluated'`)
  if (lengthened > 0) return
  await tx.execute(sql`
    insert into source_ranges (source_id, from_block, to_block, state, reason)
    values (${sourceId}, ${range.from}, ${range.to}, ${range.state}, ${range.reason})`)
}

const blocksKept = 1_000n

/** Remembers the hashes of the last 1,000 blocks. */
export async function recordBlocks(tx: PlatformTx, sourceId: string, blocks: readonly CommittedBlock[]): Promise<void> {
  const last = blocks.at(-1)
  if (last === undefined) return
  await tx.execute(sql`
    insert into source_blocks (source_id, number, hash, parent_hash, block_time)
    select ${sourceId}::uuid, b.number, b.hash, b.parent_hash, b.block_time
    from unnest(${column(blocks, ({ number }) => String(number))}::bigint[], ${column(blocks, ({ hash }) => hash)}::text[],
      ${column(blocks, ({ parentHash }) => parentHash)}::text[],
      ${column(blocks, ({ time }) => time.toISOString())}::timestamptz[]) as b (number, hash, parent_hash, block_time)
    on conflict do nothing`)
  await tx.execute(sql`
    delete from source_blocks where source_id = ${sourceId} and number <= ${last.number - blocksKept}`)
}

export type CursorMove = {
  sourceId: string
  epoch: bigint
  /** Null: the source has never been read. */
  from: BlockRef | null
  to: BlockRef & { time: Date | null }
}

/** The fence (design 7.2): true only while this epoch leads and the cursor is where this leader left it. */
export async function moveCursor(tx: PlatformTx, { sourceId, epoch, from, to }: CursorMove): Promise<boolean> {
  const moved = await tx.execute(sql`
    update chain_sources
    set cursor_number = ${to.number}, cursor_hash = ${to.hash},
      cursor_time = coalesce(${to.time?.toISOString() ?? null}::timestamptz, cursor_time)
    where id = ${sourceId} and epoch = ${epoch}
      and cursor_number is not distinct from ${from?.number ?? null}::bigint
      and cursor_hash is not distinct from ${from?.hash ?? null}::text`)
  return moved === 1
}

/** A failure that is to be tried again now. */
export type DueFailure = {
  tenantId: string
  id: string
  versionId: string
  blockNumber: bigint
  blockHash: string
}

/** The oldest failures of a source that are due. */
export async function listDueFailures(tx: PlatformTx, sourceId: string, limit: number): Promise<DueFailure[]> {
  return tx.rows(sql<DueFailure>`
    select tenant_id as "tenantId", id, monitor_version_id as "versionId", block_number as "blockNumber",
      block_hash as "blockHash"
    from monitor_failures
    where source_id = ${sourceId} and resolved_at is null and next_attempt_at <= now()
    order by next_attempt_at
    limit ${limit}`)
}

/** Locks a failure for its repair; false when it is resolved by now, such as by a rollback of its block. */
export async function lockOpenFailure(tx: PlatformTx, failure: { tenantId: string; id: string }): Promise<boolean> {
  const row = await tx.row(sql<{ id: string }>`
    select id from monitor_failures
    where tenant_id = ${failure.tenantId} and id = ${failure.id} and resolved_at is null for update`)
  return row !== undefined
}

export async function resolveFailure(tx: PlatformTx, failure: { tenantId: string; id: string }): Promise<void> {
  await tx.execute(sql`
    update monitor_failures set resolved_at = now() where tenant_id = ${failure.tenantId} and id = ${failure.id}`)
}

/** The id of the monitor of a failure when none of its failures is open any more. */
export async function findHealedMonitor(
  tx: PlatformTx,
  failure: { tenantId: string; id: string },
): Promise<string | undefined> {
  const row = await tx.row(sql<{ monitorId: string }>`
    select m.monitor_id as "monitorId" from monitor_failures f
    join monitors m on m.tenant_id = f.tenant_id and m.id = f.monitor_id
    where f.tenant_id = ${failure.tenantId} and f.id = ${failure.id} and not exists (
      select from monitor_failures o
      where o.tenant_id = f.tenant_id and o.monitor_id = f.monitor_id and o.resolved_at is null)`)
  return row?.monitorId
}

/** The next attempt follows after twice the time, at most an hour. */
export async function postponeFailure(
  tx: PlatformTx,
  failure: { tenantId: string; id: string; error: string },
): Promise<void> {
  await tx.execute(sql`
    update monitor_failures
    set attempts = attempts + 1, error = ${failure.error},
      next_attempt_at = now() + least(interval '1 hour', interval '10 seconds' * power(2, least(attempts, 10)))
    where tenant_id = ${failure.tenantId} and id = ${failure.id}`)
}
