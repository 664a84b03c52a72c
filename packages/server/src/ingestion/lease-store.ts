import { sql, type PlatformTx } from '../platform/db/tx.ts'

/** A lease ends this long after its last renewal, by the clock of the database (design 7.6). */
export const leaseTtlMs = 15_000

/**
 * Takes or renews leases of this holder, where nobody else holds them. A key that comes from another holder raises the
 * epoch of all its sources, so that the commits of the earlier leader affect no row. Answers the keys that are held.
 */
export async function holdLeases(tx: PlatformTx, holder: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return []
  const before = await tx.rows(sql<{ key: string }>`
    select lease_key as key from leases where holder = ${holder} and lease_key = any (${[...keys]}::text[])`)
  const held = await tx.rows(sql<{ key: string }>`
    insert into leases as l (lease_key, holder, epoch, expires_at)
    select k, ${holder}, 1, now() + make_interval(secs => ${leaseTtlMs / 1_000})
    from unnest(${[...keys].toSorted()}::text[]) as k
    on conflict (lease_key) do update
    set holder = excluded.holder, expires_at = excluded.expires_at,
      epoch = l.epoch + case when l.holder is distinct from excluded.holder then 1 else 0 end
    where l.holder = excluded.holder or l.holder is null or l.expires_at <= now()
    returning l.lease_key as key`)
  const known = new Set(before.map(({ key }) => key))
  const taken = held.map(({ key }) => key).filter((key) => !known.has(key))
  if (taken.length > 0) {
    await tx.execute(sql`update chain_sources set epoch = epoch + 1 where lease_key = any (${taken}::text[])`)
  }
  return held.map(({ key }) => key)
}

/** Gives the leases back, so that another process need not wait for them to end. */
export async function releaseLeases(tx: PlatformTx, holder: string): Promise<void> {
  await tx.execute(sql`update leases set holder = null, expires_at = '-infinity' where holder = ${holder}`)
}

/** Ends the leases of everybody: only where this process is known to be the only one, as on the embedded database. */
export async function releaseAllLeases(tx: PlatformTx): Promise<void> {
  await tx.execute(sql`update leases set holder = null, expires_at = '-infinity' where holder is not null`)
}
