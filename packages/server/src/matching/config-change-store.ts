import { sql, type PlatformTx } from '../platform/db/tx.ts'

export type ConfigChange = {
  seq: bigint
  /** xid8 as text. */
  xid: string
  sourceId: string | null
  objectKind: 'monitor' | 'network' | 'trigger'
  objectId: string
}

export type ConfigChanges = {
  rows: ConfigChange[]
  /** Transactions below this one have all ended: what they wrote is in `rows` or was read before. */
  xmin: string
}

/** The oldest transaction that runs now: changes of it and later ones are still to be read. */
export async function currentXmin(tx: PlatformTx): Promise<string> {
  const row = await tx.row(sql<{ xmin: string }>`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`)
  if (row === undefined) throw new Error('the database has no snapshot')
  return row.xmin
}

/** Every visible change of transaction `mark` and later, with the snapshot's xmin: one statement, one snapshot. */
export async function listConfigChanges(tx: PlatformTx, mark: string): Promise<ConfigChanges> {
  const rows = await tx.rows(sql<MaybeChange>`
    select c.seq, c.xid::text as xid, c.source_id as "sourceId", c.object_kind as "objectKind", c.object_id as "objectId",
      pg_snapshot_xmin(pg_current_snapshot())::text as xmin
    from (select) one left join config_changes c on c.xid >= ${mark}::xid8
    order by c.seq`)
  const [first] = rows
  if (first === undefined) throw new Error('the database has no snapshot')
  return { rows: rows.filter(isChange), xmin: first.xmin }
}

type MaybeChange = { xmin: string } & (ConfigChange | { [Column in keyof ConfigChange]: null })

/** Changes that every reader has long seen. */
export async function deleteOldConfigChanges(tx: PlatformTx, olderThanDays: number): Promise<number> {
  return tx.execute(sql`
    delete from config_changes where created_at < now() - make_interval(days => ${olderThanDays})`)
}

// Without a change the left join answers one row of nulls.
function isChange(row: MaybeChange): row is { xmin: string } & ConfigChange {
  return row.seq !== null
}
