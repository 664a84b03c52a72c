import { sql, type TenantTx } from '../platform/db/tx.ts'
import type { Role } from './permissions.ts'

export type MemberRow = { userId: string; email: string; role: Role; createdAt: Date }

export async function listMembers(
  tx: TenantTx,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<MemberRow[]> {
  return tx.rows(sql<MemberRow>`
    select user_id as "userId", email, role, created_at as "createdAt" from app.member_directory()
    where ${after ?? null}::uuid is null or user_id > ${after ?? null}::uuid
    order by user_id limit ${limit}`)
}

export async function findMember(tx: TenantTx, userId: string): Promise<MemberRow | undefined> {
  return tx.row(sql<MemberRow>`
    select user_id as "userId", email, role, created_at as "createdAt" from app.member_directory()
    where user_id = ${userId}`)
}

/** The person of an e-mail who is to become a member. */
export async function findCandidate(
  tx: TenantTx,
  email: string,
): Promise<{ userId: string; email: string } | undefined> {
  return tx.row(sql<{ userId: string; email: string }>`
    select user_id as "userId", email from app.find_member_candidate(${email})`)
}

/**
 * Locks the membership itself and all owners, in one order, and returns who they are: of two requests that would each
 * remove one of the last two owners, the second sees what the first has left.
 */
export async function lockMembers(
  tx: TenantTx,
  tenantId: string,
  userId: string,
): Promise<{ userId: string; role: Role }[]> {
  return tx.rows(sql<{ userId: string; role: Role }>`
    select user_id as "userId", role from memberships
    where tenant_id = ${tenantId} and (role = 'owner' or user_id = ${userId})
    order by user_id for update`)
}

/** Returns false when the person is a member already. */
export async function insertMember(
  tx: TenantTx,
  tenantId: string,
  { userId, role }: { userId: string; role: Role },
): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into memberships (tenant_id, user_id, role) values (${tenantId}, ${userId}, ${role}) on conflict do nothing`)
  return inserted === 1
}

export async function updateMember(
  tx: TenantTx,
  tenantId: string,
  { userId, role }: { userId: string; role: Role },
): Promise<void> {
  await tx.execute(sql`
    update memberships set role = ${role} where tenant_id = ${tenantId} and user_id = ${userId}`)
}

export async function deleteMember(tx: TenantTx, tenantId: string, userId: string): Promise<void> {
  await tx.execute(sql`delete from memberships where tenant_id = ${tenantId} and user_id = ${userId}`)
}
