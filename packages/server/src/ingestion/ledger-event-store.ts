import { sql, type PlatformTx } from '../platform/db/tx.ts'

/** A monitor that watches a contract, as its tenant knows it. */
export type ContractWatcher = { tenantId: string; monitorId: string; contractId: string }

// Platform transactions write a bounded number of rows; whoever comes after that many sees the new spec in explain.
const watchersMax = 5_000

/** The running monitors on a source that name one of these contracts. */
export async function listWatchersOf(
  tx: PlatformTx,
  sourceId: string,
  contractIds: readonly string[],
): Promise<ContractWatcher[]> {
  return tx.rows(sql<ContractWatcher>`
    select distinct m.tenant_id as "tenantId", m.monitor_id as "monitorId", c.id as "contractId"
    from unnest(${[...contractIds]}::text[]) as c (id)
    join monitor_addresses a on a.address_key = lower(c.id)
    join monitors m on m.tenant_id = a.tenant_id and m.id = a.monitor_id
    join monitor_networks n on n.tenant_id = m.tenant_id and n.monitor_id = m.id
    where n.source_id = ${sourceId} and m.is_active and not m.is_paused
    limit ${watchersMax}`)
}

/** Adds up what of these blocks could not be decoded, for the status of the network. */
export async function recordUndecoded(
  tx: PlatformTx,
  sourceId: string,
  blocks: readonly { number: bigint; undecoded: number }[],
): Promise<void> {
  const found = blocks.filter(({ undecoded }) => undecoded > 0)
  const last = found.at(-1)
  if (last === undefined) return
  const parts = found.reduce((sum, { undecoded }) => sum + undecoded, 0)
  await tx.execute(sql`
    update chain_sources set undecoded_parts = undecoded_parts + ${parts}, undecoded_block = ${last.number}
    where id = ${sourceId}`)
}
