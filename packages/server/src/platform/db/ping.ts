import { sql, type Tx } from './tx.ts'

/** One round trip, to see that the database answers. */
export async function pingDatabase(tx: Tx): Promise<void> {
  await tx.execute(sql`select 1`)
}
