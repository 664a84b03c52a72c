import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/doors.ts'
import type { Ids } from '../platform/ids.ts'
import type { AccessTokens } from './access-token.ts'
import type { AccountService } from './account-service.ts'
import { findSessionUser, openSession } from './account-store.ts'
import { insertCanary, listCanaries, type CanaryRow } from './canary-store.ts'
import type { RefreshTokens } from './refresh-token.ts'
import { canarySlugPrefix } from './tenant-slug.ts'

/** A tenant of the installation itself, and the access token of its owner. */
export type Canary = CanaryRow & { token: string }

export type CanaryService = {
  /**
   * The two canaries, created when they are missing. Nobody else can log in as one: its password is forgotten. To be
   * called by one process at a time.
   */
  getBoth(): Promise<[Canary, Canary]>
}

export type CanaryDeps = {
  database: Pick<Database, 'withPlatform' | 'withIdentity'>
  clock: Pick<Clock, 'now'>
  ids: Ids
  accounts: Pick<AccountService, 'createAccount'>
  accessTokens: Pick<AccessTokens, 'issue'>
  refreshTokens: Pick<RefreshTokens, 'create'>
}

const sessionLifetimeMs = 30 * 24 * 3_600_000

export function createCanaryService(deps: CanaryDeps): CanaryService {
  const { database, clock, ids, accounts, accessTokens, refreshTokens } = deps
  const sessions = new Map<string, string>()

  const create = async (): Promise<CanaryRow> => {
    // A new name each time: one whose creation was cut short is in nobody's way.
    const mark = ids.random(6).toString('hex')
    const slug = `${canarySlugPrefix}${mark}`
    const password = ids.random(32).toString('base64url')
    const account = { email: `${slug}@canary.invalid`, password, tenantName: `Canary ${mark}`, tenantSlug: slug }
    const row = { ...(await accounts.createAccount(account)), slug }
    await database.withPlatform((tx) => insertCanary(tx, row))
    return row
  }

  /** One session per process, which only ever yields access tokens. */
  const sessionOf = async (userId: string): Promise<string> => {
    const known = sessions.get(userId)
    const isAlive =
      known !== undefined && (await database.withIdentity((tx) => findSessionUser(tx, known))) !== undefined
    if (isAlive) return known
    const expiresAt = new Date(clock.now().getTime() + sessionLifetimeMs)
    const session = { id: ids.uuid(), userId, tokenHash: refreshTokens.create().hash, expiresAt }
    await database.withIdentity((tx) => openSession(tx, session))
    sessions.set(userId, session.id)
    return session.id
  }

  const loggedIn = async (row: CanaryRow): Promise<Canary> => {
    const { userId } = row
    return { ...row, token: await accessTokens.issue({ userId, sessionId: await sessionOf(userId) }) }
  }

  return {
    getBoth: async () => {
      const rows = await database.withPlatform(listCanaries)
      while (rows.length < 2) rows.push(await create())
      const [first, second] = await Promise.all(rows.map(loggedIn))
      if (first === undefined || second === undefined) throw new Error('there are no two canaries')
      return [first, second]
    },
  }
}
