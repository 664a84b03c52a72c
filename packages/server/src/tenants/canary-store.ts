import { sql, type PlatformTx } from '../platform/db/tx.ts'

export type CanaryRow = { tenantId: string; slug: string; userId: string }

/** The oldest first, so that every process takes the same two. */
export async function listCanaries(tx: PlatformTx): Promise<CanaryRow[]> {
  return tx.rows(sql<CanaryRow>`
    select c.id as "tenantId", c.slug, c.user_id as "userId" from canaries c join tenants t on t.id = c.id
    where t.is_active order by c.created_at, c.id limit 2`)
}

export async function insertCanary(tx: PlatformTx, { tenantId, slug, userId }: CanaryRow): Promise<void> {
  await tx.execute(sql`insert into canaries (id, slug, user_id) values (${tenantId}, ${slug}, ${userId})`)
}
