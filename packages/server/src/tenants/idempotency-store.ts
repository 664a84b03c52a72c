import { sql, type TenantTx } from '../platform/db/tx.ts'

/**
 * Takes the key for this request. The unique index makes a twin wait for the end of this transaction; a key that was
 * used more than a day ago is free again. Returns false when another request has it.
 */
export async function claimIdempotencyKey(
  tx: TenantTx,
  tenantId: string,
  { key, fingerprint }: { key: string; fingerprint: Buffer },
): Promise<boolean> {
  const claimed = await tx.execute(sql`
    insert into idempotency_keys (tenant_id, key, fingerprint) values (${tenantId}, ${key}, ${fingerprint})
    on conflict (tenant_id, key) do update
    set fingerprint = excluded.fingerprint, status = null, sealed_response = null, created_at = now()
    where idempotency_keys.created_at < now() - interval '24 hours'`)
  return claimed === 1
}

export type StoredReply = { fingerprint: Buffer; status: number | null; sealedResponse: string | null }

export async function findStoredReply(tx: TenantTx, tenantId: string, key: string): Promise<StoredReply | undefined> {
  return tx.row(sql<StoredReply>`
    select fingerprint, status, sealed_response as "sealedResponse" from idempotency_keys
    where tenant_id = ${tenantId} and key = ${key}`)
}

export async function storeReply(
  tx: TenantTx,
  tenantId: string,
  { key, status, sealedResponse }: { key: string; status: number; sealedResponse: string },
): Promise<void> {
  await tx.execute(sql`
    update idempotency_keys set status = ${status}, sealed_response = ${sealedResponse}
    where tenant_id = ${tenantId} and key = ${key}`)
}
