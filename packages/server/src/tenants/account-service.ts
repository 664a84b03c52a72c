import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import { isViolationOf } from '../platform/db/database-error.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { AppError, InvalidObjectError } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'
import type { AccessTokens } from './access-token.ts'
import {
  closeSession,
  createUser,
  findLogin,
  findSessionUser,
  openSession,
  rotateRefreshToken,
  type SessionUser,
} from './account-store.ts'
import { insertAuditEvent } from './audit-store.ts'
import { passwordProblems, type Passwords } from './password.ts'
import type { RefreshToken, RefreshTokens } from './refresh-token.ts'
import type { Actor, RequestOrigin } from './route.ts'
import { createTenant, findTenant, type TenantRow } from './tenant-store.ts'

export type RegistrationMode = 'open' | 'invite' | 'closed'

export type Registration = { email: string; password: string; tenantName: string; tenantSlug: string }

export type LoginAnswer = {
  access_token: string
  refresh_token: string
  /** Seconds. */
  expires_in: number
  user: { id: string; email: string }
}

/** Users, their sessions and the tenants that they found. */
export type AccountService = {
  /** A user with a tenant of their own, logged in. */
  register(registration: Registration, origin: RequestOrigin): Promise<LoginAnswer>
  /** The same by the operator: whatever the registration mode, and without a login. */
  createAccount(registration: Registration): Promise<{ userId: string; tenantId: string }>
  login(credentials: { email: string; password: string }): Promise<LoginAnswer>
  refresh(token: string): Promise<LoginAnswer>
  logout(sessionId: string): Promise<void>
  getSessionUser(sessionId: string): Promise<SessionUser>
  /** One more tenant of a user, who becomes its owner. */
  foundTenant(founder: Founder, tenant: { slug: string; name: string }, origin: RequestOrigin): Promise<TenantRow>
}

export type Founder = { id: string; email: string; sessionId: string }

export type AccountDeps = {
  database: Pick<Database, 'withIdentity' | 'withTenant'>
  secrets: Pick<Secrets, 'createTenantKey'>
  clock: Pick<Clock, 'now'>
  ids: Ids
  passwords: Passwords
  accessTokens: AccessTokens
  refreshTokens: RefreshTokens
}

const sessionLifetimeMs = 30 * 24 * 3_600_000
/** How long a spent refresh token still yields its successor: for clients that lost the answer. */
const graceS = 10

export function createAccountService(
  deps: AccountDeps,
  { registration }: { registration: RegistrationMode },
): AccountService {
  const { database, secrets, clock, ids, passwords, accessTokens, refreshTokens } = deps

  const assertOpen = () => {
    if (registration === 'open') return
    throw new AppError('registration_closed', 'New tenants are created by the operator of this installation.')
  }

  const newSession = () => {
    const token = refreshTokens.create()
    const expiresAt = new Date(clock.now().getTime() + sessionLifetimeMs)
    return { id: ids.uuid(), token, tokenHash: token.hash, expiresAt }
  }

  const answer = async (
    sessionId: string,
    user: LoginAnswer['user'],
    refreshToken: RefreshToken,
  ): Promise<LoginAnswer> => ({
    access_token: await accessTokens.issue({ userId: user.id, sessionId }),
    refresh_token: refreshToken.text,
    expires_in: accessTokens.lifetimeS,
    user: { id: user.id, email: user.email },
  })

  const insertTenant = async (tx: TenantTx, tenant: { id: string; slug: string; name: string; ownerId: string }) =>
    createTenant(tx, { ...tenant, wrappedKey: secrets.createTenantKey(tenant.id) })

  /** User, tenant, ownership and whatever `also` adds, in one transaction of the tenant that is founded. */
  const found = async (
    { email, password, tenantName: name, tenantSlug: slug }: Registration,
    also: (tx: TenantTx, account: { userId: string; tenantId: string; email: string }) => Promise<void>,
  ) => {
    const problems = passwordProblems(password, '/password')
    if (problems.length > 0) throw new InvalidObjectError(problems)
    const account = { userId: ids.uuid(), tenantId: ids.uuid(), email: email.trim() }
    const passwordHash = await passwords.hash(password)
    await conflictsAsProblems(() =>
      database.withTenant(account.tenantId, { isFounding: true }, async (tx) => {
        await createUser(tx, { id: account.userId, email, passwordHash })
        await insertTenant(tx, { id: account.tenantId, slug, name, ownerId: account.userId })
        await also(tx, account)
      }),
    )
    return account
  }

  const founding = (tenant: { slug: string; name: string }, owner: { id: string; email: string }) => ({
    action: 'tenant.create',
    target: { kind: 'tenant', id: tenant.slug },
    after: { slug: tenant.slug, name: tenant.name, owner: { user_id: owner.id, email: owner.email } },
  })

  return {
    register: async (input, origin) => {
      assertOpen()
      const session = newSession()
      const { userId, email } = await found(input, async (tx, account) => {
        const owner = { id: account.userId, email: account.email }
        await openSession(tx, { ...session, userId: owner.id })
        await insertAuditEvent(tx, account.tenantId, {
          ...founding({ slug: input.tenantSlug, name: input.tenantName }, owner),
          actor: userActor(owner, session.id),
          origin,
        })
      })
      return answer(session.id, { id: userId, email }, session.token)
    },

    createAccount: async (input) => {
      const { userId, tenantId } = await found(input, (tx, account) =>
        insertAuditEvent(tx, account.tenantId, {
          ...founding({ slug: input.tenantSlug, name: input.tenantName }, { id: account.userId, email: account.email }),
          actor: { kind: 'operator', name: 'operator' },
        }),
      )
      return { userId, tenantId }
    },

    login: async ({ email, password }) => {
      let login: Awaited<ReturnType<typeof findLogin>>
      const find = async () => {
        login = await database.withIdentity((tx) => findLogin(tx, email))
        return login?.passwordHash
      }
      const isRight = await passwords.verifyFound(find, password)
      if (login === undefined || !isRight) throw new AppError('unauthenticated', 'E-mail or password are wrong.')
      const { userId, email: name } = login
      const session = newSession()
      await database.withIdentity((tx) => openSession(tx, { ...session, userId }))
      return answer(session.id, { id: userId, email: name }, session.token)
    },

    refresh: async (text) => {
      const token = refreshTokens.read(text)
      if (token === undefined) throw ended()
      const successor = refreshTokens.successorOf(token)
      const rotation = await database.withIdentity((tx) =>
        rotateRefreshToken(tx, { hash: token.hash, successorHash: successor.hash, graceS }),
      )
      // Thrown after the commit: the end of a reused token's session must stay.
      const { outcome, sessionId, userId, email } = rotation
      if (outcome !== 'rotated' || sessionId === null || userId === null || email === null) throw ended()
      return answer(sessionId, { id: userId, email }, successor)
    },

    logout: (sessionId) => database.withIdentity((tx) => closeSession(tx, sessionId, 'logout')),

    getSessionUser: async (sessionId) => {
      const user = await database.withIdentity((tx) => findSessionUser(tx, sessionId))
      if (user === undefined) throw ended()
      return user
    },

    foundTenant: async (founder, { slug, name }, origin) => {
      assertOpen()
      const id = ids.uuid()
      return conflictsAsProblems(() =>
        database.withTenant(id, { isFounding: true }, async (tx) => {
          await insertTenant(tx, { id, slug, name, ownerId: founder.id })
          await insertAuditEvent(tx, id, {
            ...founding({ slug, name }, founder),
            actor: userActor(founder, founder.sessionId),
            origin,
          })
          const tenant = await findTenant(tx, id)
          if (tenant === undefined) throw new Error('a new tenant cannot be read')
          return tenant
        }),
      )
    },
  }
}

function userActor(user: { id: string; email: string }, sessionId: string): Actor {
  return { kind: 'user', id: user.id, name: user.email, role: 'owner', sessionId }
}

function ended(): AppError {
  return new AppError('unauthenticated', 'The session has ended: log in again.')
}

/** Whether an attempt missed: a wrong login, or an e-mail or slug that is taken. */
export function isMiss(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'unauthenticated' || error.code === 'conflict')
}

async function conflictsAsProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // One answer for both: it says of neither alone that it exists.
    if (isViolationOf(error, 'users_email') || isViolationOf(error, 'tenants_slug'))
      throw new AppError('conflict', 'This e-mail or this slug cannot be had.', { cause: error })
    throw error
  }
}
