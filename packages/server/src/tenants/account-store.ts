import { sql, type IdentityTx, type TenantTx } from '../platform/db/tx.ts'

// Everything here goes through the functions of migration 0006: no login role reads users or sessions itself.

export type Login = { userId: string; email: string; passwordHash: string }

export async function findLogin(tx: IdentityTx, email: string): Promise<Login | undefined> {
  return tx.row(sql<Login>`
    select user_id as "userId", email, password_hash as "passwordHash" from app.find_login(${email})`)
}

export async function createUser(
  tx: TenantTx,
  user: { id: string; email: string; passwordHash: string },
): Promise<void> {
  await tx.execute(sql`select app.create_user(${user.id}, ${user.email}, ${user.passwordHash})`)
}

export type NewSession = { id: string; userId: string; tokenHash: Buffer; expiresAt: Date }

export async function openSession(tx: IdentityTx | TenantTx, session: NewSession): Promise<void> {
  await tx.execute(sql`
    select app.open_session(${session.id}, ${session.userId}, ${session.tokenHash}, ${session.expiresAt})`)
}

export type Rotation = {
  outcome: 'rotated' | 'unknown' | 'ended' | 'reused'
  sessionId: string | null
  userId: string | null
  email: string | null
}

/** Spends a token for its successor; the reuse of a spent one ends the session (see migration 0006). */
export async function rotateRefreshToken(
  tx: IdentityTx,
  token: { hash: Buffer; successorHash: Buffer; graceS: number },
): Promise<Rotation> {
  const row = await tx.row(sql<Rotation>`
    select outcome, session_id as "sessionId", user_id as "userId", email
    from app.rotate_refresh_token(${token.hash}, ${token.successorHash}, make_interval(secs => ${token.graceS}))`)
  if (row === undefined) throw new Error('the rotation of a refresh token has no outcome')
  return row
}

export async function closeSession(tx: IdentityTx, sessionId: string, reason: string): Promise<void> {
  await tx.execute(sql`select app.close_session(${sessionId}, ${reason})`)
}

export type SessionUser = { id: string; email: string; createdAt: Date }

/** The user of a session that lives. */
export async function findSessionUser(tx: IdentityTx, sessionId: string): Promise<SessionUser | undefined> {
  return tx.row(sql<SessionUser>`
    select user_id as id, email, created_at as "createdAt" from app.session_user_of(${sessionId})`)
}

export type SessionTenant = {
  id: string
  slug: string
  name: string
  role: string
  createdAt: Date
  state: string
  /** For owners alone. */
  suspensionReason: string | null
}

export async function listSessionTenants(
  tx: IdentityTx,
  sessionId: string,
  { afterSlug, limit }: { afterSlug: string | undefined; limit: number },
): Promise<SessionTenant[]> {
  return tx.rows(sql<SessionTenant>`
    select tenant_id as id, slug, name, role, created_at as "createdAt", state, suspension_reason as "suspensionReason"
    from app.session_tenants(${sessionId})
    where ${afterSlug ?? null}::text is null or slug > ${afterSlug ?? null} order by slug limit ${limit}`)
}

export type SessionMembership = {
  userId: string
  email: string
  tenantId: string | null
  role: string | null
  tenantState: string | null
  suspendedAt: Date | null
  /** For owners alone. */
  suspensionReason: string | null
}

/** One row when the session lives; without a tenant when its user is no member of that one. */
export async function findSessionMembership(
  tx: IdentityTx,
  sessionId: string,
  slug: string,
): Promise<SessionMembership | undefined> {
  return tx.row(sql<SessionMembership>`
    select user_id as "userId", email, tenant_id as "tenantId", role, tenant_state as "tenantState",
      suspended_at as "suspendedAt", suspension_reason as "suspensionReason"
    from app.session_membership(${sessionId}, ${slug})`)
}
