import type { JsonValue } from '@smt/engine'
import { sql, type PlatformTx, type RawBuilder } from '../platform/db/tx.ts'

export type SourceKind = 'shared' | 'own'
export type SourceState = 'idle' | 'following' | 'catching_up' | 'failing' | 'stopped'

/** A chain source that has something to do: it is watched, or has to be told that it is not any more. */
export type WorkableSource = { id: string; leaseKey: string }

export async function listWorkableSources(tx: PlatformTx): Promise<WorkableSource[]> {
  return tx.rows(sql<WorkableSource>`
    select s.id, s.lease_key as "leaseKey" from chain_sources s
    where s.is_active and (s.state <> 'idle' or ${isWatched})`)
}

/** A source with everything its leader needs. */
export type LedSource = {
  id: string
  kind: SourceKind
  epoch: bigint
  state: SourceState
  cursorNumber: bigint | null
  cursorHash: string | null
  headNumber: bigint | null
  isWatched: boolean
  /** The id of the network, by which tenants know the source. */
  networkId: string | null
  /** Of the network, also of a withdrawn one; null when the network is gone. */
  networkType: string | null
  /** `network_passphrase` of a Stellar network. */
  passphrase: string | null
  /** Of an own network: whose it is, and its row. */
  tenantId: string | null
  networkRowId: string | null
  /** OZ network with sealed secrets; null when the network was deleted or withdrawn. */
  configuration: JsonValue
  /** Changes whenever the configuration does. */
  revision: string | null
}

/** The sources under these leases. */
export async function listLedSources(tx: PlatformTx, leaseKeys: readonly string[]): Promise<LedSource[]> {
  return tx.rows(ledSources(sql`s.lease_key = any (${[...leaseKeys]}::text[]) and (s.state <> 'idle' or ${isWatched})`))
}

/** One source, whether anybody leads it or not. */
export async function findSource(tx: PlatformTx, sourceId: string): Promise<LedSource | undefined> {
  return tx.row(ledSources(sql`s.id = ${sourceId}`))
}

function ledSources(condition: RawBuilder<unknown>): RawBuilder<LedSource> {
  return sql<LedSource>`
    select s.id, s.kind, s.epoch, s.state, s.cursor_number as "cursorNumber", s.cursor_hash as "cursorHash",
      s.head_number as "headNumber", ${isWatched} as "isWatched", coalesce(h.network_id, n.network_id) as "networkId",
      coalesce(h.configuration, n.configuration) ->> 'network_type' as "networkType",
      coalesce(h.configuration, n.configuration) ->> 'network_passphrase' as passphrase,
      n.tenant_id as "tenantId", n.id as "networkRowId", coalesce(case when h.is_active then h.configuration end, n.configuration) as configuration,
      coalesce(case when h.is_active then h.content_hash else 'withdrawn ' || h.content_hash end, n.version::text) as revision
    from chain_sources s
    left join shared_networks h on h.source_id = s.id
    left join networks n on n.source_id = s.id and n.is_active
    where s.is_active and ${condition}`
}

const isWatched = sql<boolean>`exists (
  select from monitor_networks mn
  join monitors m on m.tenant_id = mn.tenant_id and m.id = mn.monitor_id
  join tenants t on t.id = m.tenant_id
  where mn.source_id = s.id and m.is_active and not m.is_paused and t.is_active and t.state = 'active')`

export type SourceRef = { id: string; epoch: bigint }

/** Said of a source that works. */
export type StatusNote = { code: string; message: string }

/** What the last poll found. Heads and cursors of the row never move back. False when another process leads it. */
export async function recordPoll(
  tx: PlatformTx,
  source: SourceRef,
  poll: { state: 'following' | 'catching_up'; head: bigint; confirmed: bigint; note?: StatusNote | undefined },
): Promise<boolean> {
  const updated = await tx.execute(sql`
    update chain_sources
    set state = ${poll.state}, status_code = ${poll.note?.code ?? null}, status_message = ${poll.note?.message ?? null},
      failing_since = null, polled_at = now(),
      head_number = greatest(head_number, ${poll.head}::bigint),
      confirmed_number = greatest(confirmed_number, ${poll.confirmed}::bigint)
    where id = ${source.id} and epoch = ${source.epoch}`)
  return updated === 1
}

/** A source that has to wait with its next poll; one that fails or has stopped says that instead. */
export async function recordThrottled(tx: PlatformTx, source: SourceRef, note: StatusNote): Promise<void> {
  await tx.execute(sql`
    update chain_sources set state = 'catching_up', status_code = ${note.code}, status_message = ${note.message}
    where id = ${source.id} and epoch = ${source.epoch} and state not in ('failing', 'stopped')`)
}

/** What is wrong with the source, as its tenants see it. */
export async function recordTrouble(
  tx: PlatformTx,
  source: SourceRef,
  trouble: { state: 'failing' | 'stopped'; code: string; message: string },
): Promise<boolean> {
  const updated = await tx.execute(sql`
    update chain_sources
    set state = ${trouble.state}, status_code = ${trouble.code}, status_message = ${trouble.message},
      failing_since = coalesce(failing_since, now()), polled_at = now()
    where id = ${source.id} and epoch = ${source.epoch}`)
  return updated === 1
}

/** Nobody watches the source: it is not polled until somebody does. */
export async function recordIdle(tx: PlatformTx, source: SourceRef): Promise<boolean> {
  const updated = await tx.execute(sql`
    update chain_sources
    set state = 'idle', status_code = null, status_message = null, failing_since = null
    where id = ${source.id} and epoch = ${source.epoch}`)
  return updated === 1
}
