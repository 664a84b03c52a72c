import { z } from 'zod'
import type { Database } from '../platform/db/doors.ts'
import { AppError, NotFoundError } from '../platform/errors.ts'
import type { AccessTokens } from './access-token.ts'
import { findSessionMembership, findSessionUser } from './account-store.ts'
import { findPresentedKey } from './api-key-store.ts'
import { readApiKeyText } from './api-key-text.ts'
import { keyMay, roleMay, roles, keyPermissionList, type GrantedPermission } from './permissions.ts'
import type { Actor, Authority, TenantRef } from './route.ts'
import { isSlug } from './tenant-slug.ts'

export type TenantAccess = { tenant: TenantRef; actor: Actor; authority: Authority }

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
  ): Promise<TenantAccess>
  /** For users only: an API key belongs to one tenant and is refused. */
  forSession(authorization: string | undefined): Promise<SessionAccess>
}

export type AuthenticatorDeps = {
  database: Pick<Database, 'withIdentity'>
  accessTokens: Pick<AccessTokens, 'verify'>
}

type Membership = Omit<TenantAccess, 'tenant'> & { tenantId: string; tenantState: string | null }

const storedRole = z.enum(roles)

export function createAuthenticator({ database, accessTokens }: AuthenticatorDeps): Authenticator {
  const byKey = async (token: string, slug: string): Promise<Membership | undefined> => {
    const parts = readApiKeyText(token)
    if (parts === undefined) throw unauthenticated()
    const key = await database.withIdentity((tx) => findPresentedKey(tx, parts))
    if (key === undefined) throw unauthenticated()
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

  const byToken = async (token: string, slug: string): Promise<Membership | undefined> => {
    const claims = await accessTokens.verify(token)
    if (claims === undefined) throw unauthenticated()
    const { sessionId } = claims
    const found = await database.withIdentity((tx) => findSessionMembership(tx, sessionId, isSlug(slug) ? slug : ''))
    if (found === undefined) throw unauthenticated()
    if (found.tenantId === null) return undefined
    const role = storedRole.parse(found.role)
    return {
      tenantId: found.tenantId,
      tenantState: found.tenantState,
      actor: { kind: 'user', id: found.userId, name: found.email, role, sessionId },
      authority: { role, may: (permission) => roleMay(role, permission) },
    }
  }

  return {
    forTenant: async (authorization, { slug, permission }) => {
      const token = bearerOf(authorization)
      const membership = await (isApiKey(token) ? byKey(token, slug) : byToken(token, slug))
      if (membership === undefined) throw new NotFoundError('The tenant')
      const { tenantId, tenantState, ...access } = membership
      if (tenantState !== 'active') throw new AppError('tenant_suspended', 'This tenant is suspended.')
      assertMay(access.authority, permission)
      return { tenant: { id: tenantId, slug }, ...access }
    },

    forSession: async (authorization) => {
      const token = bearerOf(authorization)
      if (isApiKey(token)) {
        const parts = readApiKeyText(token)
        const key = parts && (await database.withIdentity((tx) => findPresentedKey(tx, parts)))
        if (key === undefined) throw unauthenticated()
        throw new AppError('forbidden', 'This is for users: an API key belongs to one tenant.')
      }
      const claims = await accessTokens.verify(token)
      if (claims === undefined) throw unauthenticated()
      const user = await database.withIdentity((tx) => findSessionUser(tx, claims.sessionId))
      if (user === undefined) throw unauthenticated()
      return { sessionId: claims.sessionId, user: { id: user.id, email: user.email } }
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

function unauthenticated(): AppError {
  return new AppError('unauthenticated', 'A valid access token or API key is needed.')
}
