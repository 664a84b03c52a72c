import type { JsonValue } from '@smt/engine'
import { jsonb, sql, type IdentityTx, type TenantTx } from '../platform/db/tx.ts'
import type { KeyPermission, Role } from './permissions.ts'

export type PresentedKey = {
  id: string
  name: string
  tenantId: string
  slug: string
  tenantState: string
  permissions: JsonValue
  creatorRole: string
}

/** The living key whose id and secret were both presented, whatever tenant it belongs to. */
export async function findPresentedKey(
  tx: IdentityTx,
  { keyId, secretHash }: { keyId: string; secretHash: Buffer },
): Promise<PresentedKey | undefined> {
  return tx.row(sql<PresentedKey>`
    select id, name, tenant_id as "tenantId", slug, tenant_state as "tenantState", permissions,
      creator_role as "creatorRole"
    from app.find_api_key(${keyId}, ${secretHash})`)
}

export type NewApiKey = {
  id: string
  name: string
  keyId: string
  secretHash: Buffer
  permissions: KeyPermission[]
  creatorRole: Role
  createdBy: string
  expiresAt: Date | null
}

export async function insertApiKey(tx: TenantTx, tenantId: string, key: NewApiKey): Promise<void> {
  await tx.execute(sql`
    insert into api_keys (tenant_id, id, name, key_id, secret_hash, permissions, creator_role, created_by, expires_at)
    values (${tenantId}, ${key.id}, ${key.name}, ${key.keyId}, ${key.secretHash}, ${jsonb(key.permissions)},
      ${key.creatorRole}, ${key.createdBy}, ${key.expiresAt})`)
}

export type ApiKeyRow = {
  id: string
  name: string
  keyId: string
  permissions: JsonValue
  creatorRole: Role
  createdBy: string | null
  expiresAt: Date | null
  revokedAt: Date | null
  lastUsedAt: Date | null
  createdAt: Date
}

const columns = sql`
  id, name, key_id as "keyId", permissions, creator_role as "creatorRole", created_by as "createdBy",
  expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt", created_at as "createdAt"`

export async function listApiKeys(
  tx: TenantTx,
  tenantId: string,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<ApiKeyRow[]> {
  return tx.rows(sql<ApiKeyRow>`
    select ${columns} from api_keys
    where tenant_id = ${tenantId} and (${before ?? null}::uuid is null or id < ${before ?? null}::uuid)
    order by id desc limit ${limit}`)
}

export async function findApiKey(tx: TenantTx, tenantId: string, id: string): Promise<ApiKeyRow | undefined> {
  return tx.row(sql<ApiKeyRow>`select ${columns} from api_keys where tenant_id = ${tenantId} and id = ${id}`)
}

/** Returns false when it was revoked before. */
export async function revokeApiKey(tx: TenantTx, tenantId: string, id: string): Promise<boolean> {
  const revoked = await tx.execute(sql`
    update api_keys set revoked_at = now() where tenant_id = ${tenantId} and id = ${id} and revoked_at is null`)
  return revoked === 1
}
