import { z } from 'zod'
import type { Database } from '../platform/db/doors.ts'
import { AppError, NotFoundError } from '../platform/errors.ts'
import type { AccessTokens } from './access-token.ts'
import { findSessionMembership, findSessionUser } from './account-store.ts'
import { findPresentedKey } from './api-key-store.ts'
import { readApiKeyText } from './api-key-text.ts'
import { keyMay, roleMay, roles, keyPermissionList, type GrantedPermission } from './permissions.ts'
import { findSessionOperator } from './operator-store.ts'
import type { Actor, Authority, TenantRef } from './route.ts'
import { isSlug } from './tenant-slug.ts'

export type TenantAccess = { tenant: TenantRef; actor: Actor; authority: Authority }

export type OperatorAccess = { operator: { id: string; email: string } }

export type SessionAccess = { sessionId: string; user: { id: string; email: string } }

/**
 * Who sends a request, from its Authorization header alone. What a role or key may do is read on each request, so that a
 * removed member or revoked key is out at once.
 */
export type Authenticator = {
  /**
   * In this order: 401 without a good credential, 404 when the tenant is none of the caller's (also its existence), 403
   * when it is suspended, 403 without the permission.
   */
  forTenant(
    authorization: string | undefined,
    wanted: { slug: string; permission: GrantedPermission },
    onCaller?: OnCaller,
  ): Promise<TenantAccess>
  /** For users only: an API key belongs to one tenant and is refused. */
  forSession(authorization: string | undefined, onCaller?: OnCaller): Promise<SessionAccess>
  /** 401 without a good credential, 404 to whoever is no operator, API keys included: the role in a tenant says nothing. */
  forOperator(authorization: string | undefined, onCaller?: OnCaller): Promise<OperatorAccess>
}

/** Hears whose credential has been found good, before anything else is decided; what it throws is the answer. */
export type OnCaller = (callerId: string) => void

export type AuthenticatorDeps = {
  database: Pick<Database, 'withIdentity'>
  accessTokens: Pick<AccessTokens, 'verify'>
}

type Admit = { slug: string; onCaller: OnCaller | undefined }

type Membership = Omit<TenantAccess, 'tenant'> & {
  tenantId: string
  tenantState: string | null
  /** Why the tenant is suspended, where the caller may know. */
  suspension?: { reason: string; since: Date } | undefined
}

const storedRole = z.enum(roles)

export function createAuthenticator({ database, accessTokens }: AuthenticatorDeps): Authenticator {
  const byKey = async (token: string, { slug, onCaller }: Admit): Promise<Membership | undefined> => {
    const parts = readApiKeyText(token)
    if (parts === undefined) throw unauthenticated()
    const key = await database.withIdentity((tx) => findPresentedKey(tx, parts))
    if (key === undefined) throw unauthenticated()
    onCaller?.(key.id)
    if (key.slug !== slug) return undefined
    const role = storedRole.parse(key.creatorRole)
    const permissions = keyPermissionList.parse(key.permissions)
    return {
      tenantId: key.tenantId,
      tenantState: key.tenantState,
      actor: { kind: 'api_key', id: key.id, name: key.name },
      authority: { role, may: (permission) => keyMay(permissions, role, permission) },
    }
  }

  const byToken = async (token: string, { slug, onCaller }: Admit): Promise<Membership | undefined> => {
    const claims = await accessTokens.verify(token)
    if (claims === undefined) throw unauthenticated()
    const { sessionId } = claims
    const found = await database.withIdentity((tx) => findSessionMembership(tx, sessionId, isSlug(slug) ? slug : ''))
    if (found === undefined) throw unauthenticated()
    onCaller?.(found.userId)
    if (found.tenantId === null) return undefined
    const role = storedRole.parse(found.role)
    return {
      tenantId: found.tenantId,
      tenantState: found.tenantState,
      suspension:
        found.suspensionReason === null || found.suspendedAt === null
          ? undefined
          : { reason: found.suspensionReason, since: found.suspendedAt },
      actor: { kind: 'user', id: found.userId, name: found.email, role, sessionId },
      authority: { role, may: (permission) => roleMay(role, permission) },
    }
  }

  const sessionOf = async (
    authorization: string | undefined,
    onCaller: OnCaller | undefined,
  ): Promise<SessionAccess | 'api_key'> => {
    const token = bearerOf(authorization)
    if (isApiKey(token)) {
      const parts = readApiKeyText(token)
      const key = parts && (await database.withIdentity((tx) => findPresentedKey(tx, parts)))
      if (key === undefined) throw unauthenticated()
      onCaller?.(key.id)
      return 'api_key'
    }
    const claims = await accessTokens.verify(token)
    if (claims === undefined) throw unauthenticated()
    const user = await database.withIdentity((tx) => findSessionUser(tx, claims.sessionId))
    if (user === undefined) throw unauthenticated()
    onCaller?.(user.id)
    return { sessionId: claims.sessionId, user: { id: user.id, email: user.email } }
  }

  return {
    forTenant: async (authorization, { slug, permission }, onCaller) => {
      const token = bearerOf(authorization)
      const membership = await (isApiKey(token) ? byKey(token, { slug, onCaller }) : byToken(token, { slug, onCaller }))
      if (membership === undefined) throw new NotFoundError('The tenant')
      const { tenantId, tenantState, suspension: _, ...access } = membership
      if (tenantState !== 'active') throw suspended(membership.suspension)
      assertMay(access.authority, permission)
      return { tenant: { id: tenantId, slug }, ...access }
    },

    forSession: async (authorization, onCaller) => {
      const session = await sessionOf(authorization, onCaller)
      if (session !== 'api_key') return session
      throw new AppError('forbidden', 'This is for users: an API key belongs to one tenant.')
    },

    forOperator: async (authorization, onCaller) => {
      const session = await sessionOf(authorization, onCaller)
      const operator =
        session === 'api_key'
          ? undefined
          : await database.withIdentity((tx) => findSessionOperator(tx, session.sessionId))
      if (operator === undefined) throw new AppError('not_found', 'There is nothing at this address.')
      return { operator }
    },
  }
}

/** Refuses with the name of the permission that is missing. */
export function assertMay(authority: Authority, permission: GrantedPermission): void {
  if (authority.may(permission)) return
  throw new AppError('forbidden', `The permission ${permission} is missing.`, { details: { permission } })
}

function bearerOf(authorization: string | undefined): string {
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) throw unauthenticated()
  return token
}

function isApiKey(token: string): boolean {
  return token.startsWith('smt_')
}

function suspended(suspension: Membership['suspension']): AppError {
  if (suspension === undefined) return new AppError('tenant_suspended', 'This tenant is suspended.')
  const { reason, since } = suspension
  return new AppError('tenant_suspended', 'The operator has suspended this tenant.', {
    details: { reason, since: since.toISOString() },
  })
}

function unauthenticated(): AppError {
  return new AppError('unauthenticated', 'A valid access token or API key is needed.')
}
