import { sql, type PlatformTx, type TenantTx } from '../platform/db/tx.ts'
import type { UsageCount } from './usage-recorder.ts'

/** Of no monitor, or of no network, in the keys of rows. */
export const none = '00000000-0000-0000-0000-000000000000'

/** Counts of one process; `batch` numbers only go up, and one that was added before adds nothing. */
export type CountBatch = { writer: string; batch: number; counts: readonly UsageCount[] }

/** Adds to this hour of the tenant, in one order of rows, so that two processes never wait for each other in a circle. */
export async function addTenantCounts(tx: TenantTx, tenantId: string, batch: CountBatch): Promise<void> {
  const { counts } = batch
  await tx.execute(sql`
    with accepted as (
      insert into usage_writers as w (tenant_id, writer, last_batch)
      values (${tenantId}, ${batch.writer}, ${batch.batch})
      on conflict (tenant_id, writer) do update set last_batch = excluded.last_batch, written_at = now()
      where w.last_batch < excluded.last_batch
      returning 1)
    insert into usage_hours as u (tenant_id, hour, source_id, monitor_id, network_id, evaluations, rpc_calls_own)
    select ${tenantId}::uuid, date_trunc('hour', now(), 'UTC'), c.source_id, c.monitor_id, c.network_id, c.evaluations,
      c.rpc_calls
    from unnest(${counts.map(({ sourceId }) => sourceId)}::uuid[],
      ${counts.map(({ monitorId }) => monitorId ?? none)}::uuid[],
      ${counts.map(({ networkId }) => networkId)}::text[],
      ${counts.map(({ evaluations }) => evaluations)}::bigint[],
      ${counts.map(({ rpcCalls }) => rpcCalls)}::bigint[])
      as c (source_id, monitor_id, network_id, evaluations, rpc_calls)
    where exists (select from accepted)
    order by c.source_id, c.monitor_id
    on conflict (tenant_id, hour, source_id, monitor_id) do update
    set network_id = excluded.network_id, evaluations = u.evaluations + excluded.evaluations,
      rpc_calls_own = u.rpc_calls_own + excluded.rpc_calls_own`)
}

/** Adds to this hour of shared networks. */
export async function addSharedCounts(tx: PlatformTx, { writer, batch, counts }: CountBatch): Promise<void> {
  await tx.execute(sql`
    with accepted as (
      insert into source_usage_writers as w (writer, last_batch) values (${writer}, ${batch})
      on conflict (writer) do update set last_batch = excluded.last_batch, written_at = now()
      where w.last_batch < excluded.last_batch
      returning 1)
    insert into source_usage_hours as u (source_id, hour, network_id, rpc_calls)
    select c.source_id, date_trunc('hour', now(), 'UTC'), c.network_id, c.rpc_calls
    from unnest(${counts.map(({ sourceId }) => sourceId)}::uuid[], ${counts.map(({ networkId }) => networkId)}::text[],
      ${counts.map(({ rpcCalls }) => rpcCalls)}::bigint[]) as c (source_id, network_id, rpc_calls)
    where exists (select from accepted)
    order by c.source_id
    on conflict (source_id, hour) do update
    set network_id = excluded.network_id, rpc_calls = u.rpc_calls + excluded.rpc_calls`)
}
