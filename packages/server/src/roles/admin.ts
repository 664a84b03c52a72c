import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { systemClock } from '../platform/clock.ts'
import type { AdminEnv } from '../platform/config.ts'
import { openDatabase } from '../platform/db/open-database.ts'
import type { Database } from '../platform/db/doors.ts'
import { AppError, InvalidObjectError } from '../platform/errors.ts'
import { systemIds } from '../platform/ids.ts'
import { createLogger } from '../platform/logger.ts'
import { loadMasterKey } from '../platform/master-key.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createSecrets, type Secrets } from '../platform/secrets.ts'
import { createIdentity } from '../tenants/identity.ts'
import { createOperatorAccounts } from '../tenants/operator-accounts.ts'
import { createOperatorService, quotaNamed, type TenantWithQuotas } from '../tenants/operator-service.ts'
import { createPasswords } from '../tenants/password.ts'
import { quotaLimit } from '../tenants/plan-schema.ts'
import { quotaNames } from '../tenants/quota-store.ts'
import { createQuotaUpkeep } from '../tenants/quota-upkeep.ts'
import { isReservedSlug } from '../tenants/tenant-slug.ts'
import { createTenantKeys } from '../tenants/tenant-key-service.ts'
import { createUsageSummaries, summaryCsv } from '../usage/usage-summary-service.ts'

type AdminOptions = { env: AdminEnv; print: (line: string) => void }

/** `admin create-tenant`: a tenant and its owner, whatever SMT_REGISTRATION says. */
export async function createTenant(
  options: AdminOptions & { input: Readable; slug: string; name: string; email: string },
): Promise<void> {
  const { env, input, print, slug, name, email } = options
  if (isReservedSlug(slug)) throw new AppError('invalid_request', `The slug ${slug} is reserved.`)
  const password = await firstLine(input)
  if (password === '')
    throw new AppError('invalid_request', 'The password is read from standard input, which is empty.')
  await withDatabase(env, async (database, secrets) => {
    const tenantKeys = createTenantKeys({ secrets })
    const deps = { database, secrets, tenantKeys, clock: systemClock, ids: systemIds }
    const { accounts } = createIdentity(deps, { registration: 'closed' })
    const account = await accounts
      .createAccount({ email, password, tenantName: name, tenantSlug: slug })
      .catch(inOneLine)
    print(`Created the tenant ${slug} (${account.tenantId}) with the owner ${email}.`)
  })
}

/** What is wrong, for whoever reads no pointers. */
function inOneLine(error: unknown): never {
  if (!(error instanceof InvalidObjectError)) throw error
  throw new AppError('invalid_object', error.problems.map(({ message }) => message).join(' '), { cause: error })
}

/** `admin set-quota`. */
export async function setQuota(options: AdminOptions & { slug: string; quota: string; limit: string }): Promise<void> {
  const { env, print, slug, quota, limit } = options
  const name = quotaNamed(quota)
  if (name === undefined) throw new AppError('invalid_request', `The quota must be one of ${quotaNames.join(', ')}.`)
  const override =
    limit === 'plan' ? null : quotaLimit.safeParse(/^\d{1,10}$/.test(limit) ? Number(limit) : undefined).data
  if (override === undefined)
    throw new AppError('invalid_request', 'The limit must be a whole number from 0 to 2147483647, or plan.')
  await withDatabase(env, async (database) => {
    const service = createOperatorService({ database, clock: systemClock })
    const limitOf = ({ quotas }: TenantWithQuotas) => quotas.find((row) => row.quota === name)?.limit
    const before = limitOf(await service.get(slug))
    const after = limitOf(await service.change(commandLine, slug, { quotas: { [name]: override } }))
    print(`${quota} of ${slug} is now ${after}; it was ${before}.`)
  })
}

/** `admin create-operator`: of an account that there is, or a new one with the password of standard input. */
export async function createOperator(options: AdminOptions & { input: Readable; email: string }): Promise<void> {
  const { env, input, print, email } = options
  await withDatabase(env, async (database) => {
    const { isNew } = await operatorAccounts(database)
      .create({ email, password: () => firstLine(input) })
      .catch(inOneLine)
    print(isNew ? `Created the operator ${email}.` : `The account ${email} is an operator now; its password stays.`)
  })
}

/** `admin revoke-operator`. */
export async function revokeOperator({ env, print, email }: AdminOptions & { email: string }): Promise<void> {
  await withDatabase(env, async (database) => {
    await operatorAccounts(database).revoke(email)
    print(`The account ${email} is no operator any more.`)
  })
}

function operatorAccounts(database: Database) {
  return createOperatorAccounts({ database, ids: systemIds, passwords: createPasswords({ concurrency: 1 }) })
}

const commandLine = { operator: { id: null, name: 'admin' }, origin: undefined, ifMatch: undefined }

/** `admin reconcile-quotas`: what the nightly run does, now. */
export async function reconcileQuotas({ env, print }: AdminOptions): Promise<void> {
  await withDatabase(env, async (database) => {
    const logger = createLogger({ level: 'silent' })
    const deps = { database, logger, clock: systemClock, metrics: createMetrics() }
    const drift = await createQuotaUpkeep(deps).reconcile()
    for (const { slug, quota, used, counted } of drift) print(`${quota} of ${slug} was ${used} and is now ${counted}.`)
    print(drift.length === 0 ? 'Every counter was right.' : `${drift.length} counter(s) were wrong and are mended.`)
  })
}

const summariesMax = 100_000

/** `admin usage`: what each tenant used, by day or month, as CSV. */
export async function showUsage(
  options: AdminOptions & {
    interval: string
    from: string | undefined
    to: string | undefined
    slug: string | undefined
  },
): Promise<void> {
  const { env, print, interval, slug } = options
  if (interval !== 'day' && interval !== 'month')
    throw new AppError('invalid_request', 'The interval must be day or month.')
  const range = { interval, from: timeOf(options.from), to: timeOf(options.to), slug } as const
  await withDatabase(env, async (database) => {
    const summaries = createUsageSummaries({ database, clock: systemClock })
    const { rows } = await summaries.list(range, { after: undefined, limit: summariesMax + 1 })
    if (rows.length > summariesMax)
      throw new AppError('invalid_request', `More than ${summariesMax} rows: ask for a shorter time.`)
    // Ends its last line itself.
    print(summaryCsv(rows).slice(0, -1))
  })
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time.getTime()))
    throw new AppError('invalid_request', 'A time is written as 2026-11-01 or 2026-11-01T12:00:00Z.')
  return time
}

async function withDatabase(env: AdminEnv, fn: (database: Database, secrets: Secrets) => Promise<void>): Promise<void> {
  const secrets = createSecrets(await loadMasterKey(env.SMT_MASTER_KEY, env.SMT_DATA_DIR))
  const database = await openDatabase(env, { contextKey: secrets.contextKey, poolMax: 2 })
  try {
    await fn(database, secrets)
  } finally {
    await database.close()
  }
}

async function firstLine(input: Readable): Promise<string> {
  const lines = createInterface({ input })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}
