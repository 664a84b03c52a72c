import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { sqlStateOf } from '../../src/platform/db/database-error.ts'
import { openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'
import { placeOf, storeCalls, type Place } from './store-calls.ts'
import { seedEveryTenantTable, tenantTables } from './wall-probe.ts'

const marks = ['a', 'b', 'c'] as const
const places = marks.map((mark) => placeOf(`018f0000-0000-7000-8000-00000000000${mark}`, mark))
/** A tenant that does not exist. */
const nobody = placeOf('018f0000-0000-7000-8000-00000000000f', 'f')
const names = Object.keys(storeCalls)

/** People are not of a tenant: who looks for one to add as a member knows the e-mail. */
const aboutPeople = new Set(['findCandidate'])

/** For founding a tenant: refused in every other transaction of one. */
const forFounding = ['createTenant', 'createUser', 'openSession']

/** Take away `tenant_id = $n`, as if somebody had forgotten it. The parameter keeps its type. */
const stripTenant = (text: string) => text.replace(/(?:\w+\.)?\btenant_id = (\$\d+)(?!::)/g, '($1::uuid is not null)')

type Violation = { kind: 'read' | 'change' | 'told apart'; call: string }

let test: TestDatabase | undefined
afterEach(() => test?.close())

async function start(rewriteSql?: (text: string) => string): Promise<TestDatabase> {
  test = await openTestDatabase(rewriteSql === undefined ? {} : { rewriteSql })
  for (const { tenant, mark, newcomer } of places) {
    await seedEveryTenantTable(test.admin, tenant, mark)
    await test.admin.query(`insert into users (id, email, password_hash) values ($1, $2, 'x')`, [
      newcomer,
      `new-${mark}`,
    ])
    await test.admin.query(`update quotas set lim = 10 where tenant_id = $1`, [tenant])
    await test.admin.query(
      `insert into quotas (tenant_id, quota, lim) values ($1, 'max_storage_mb', 1000), ($1, 'max_rpc_requests_per_minute', 1000)`,
      [tenant],
    )
  }
  return test
}

const undo = new Error('undo')

/** What a call ends in: its result or the kind of its failure; `undone` leaves no trace. */
async function outcomeOf(database: TestDatabase['database'], step: Step & { isUndone: boolean }): Promise<string> {
  const call = storeCalls[step.call]
  if (call === undefined) throw new Error(`no call ${step.call}`)
  let outcome = ''
  try {
    await database.withTenant(step.self.tenant, {}, async (tx) => {
      const result = await call(tx, step.self, step.at)
      outcome = JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? ''
      if (step.isUndone) throw undo
    })
  } catch (error) {
    if (error !== undo) outcome = `failed: ${sqlStateOf(error) ?? (error instanceof Error ? error.message : '')}`
  }
  return outcome
}

type Step = { call: string; self: Place; at: Place }

/** What a tenant has in all tables, as one digest: only its own calls may change it. */
async function digestsOf(admin: TestDatabase['admin'], tables: readonly string[]): Promise<Map<string, string>> {
  const rows = tables.map((table) => `select tenant_id::text as tenant, '${table}' || r::text as line from ${table} r`)
  const { rows: digests } = await admin.query<{ tenant: string; digest: string }>(
    `select tenant, md5(string_agg(line, '|' order by line)) as digest
     from (${rows.join(' union all ')} union all select id::text, r::text from tenants r) t group by tenant`,
  )
  return new Map(digests.map(({ tenant, digest }) => [tenant, digest]))
}

function isNamed(outcome: string, other: Place): boolean {
  return [other.tenant, other.email, other.blockHash, `0000000${other.mark}`].some((mark) => outcome.includes(mark))
}

/** Calls in turn; answers every way in which one tenant noticed or touched another. */
async function violationsOf({ database, admin }: TestDatabase, steps: readonly Step[]): Promise<Violation[]> {
  const violations: Violation[] = []
  const tables = await tenantTables(admin)
  let before = await digestsOf(admin, tables)
  for (const step of steps) {
    const { call, self, at } = step
    if (at !== self) {
      const aimed = await outcomeOf(database, { ...step, isUndone: true })
      const missed = await outcomeOf(database, { ...step, at: nobody, isUndone: true })
      if (aimed !== missed && !aboutPeople.has(call)) violations.push({ kind: 'told apart', call })
    }
    const outcome = await outcomeOf(database, { ...step, isUndone: false })
    const others = places.filter(({ mark }) => mark !== self.mark)
    if (!aboutPeople.has(call) && others.some((other) => isNamed(outcome, other)))
      violations.push({ kind: 'read', call })
    const after = await digestsOf(admin, tables)
    if (others.some(({ tenant }) => after.get(tenant) !== before.get(tenant))) violations.push({ kind: 'change', call })
    before = after
  }
  return violations
}

/** Every call once, in any order, by any tenant, aimed at any tenant. */
const runs: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.shuffledSubarray(names, { minLength: names.length }),
    fc.array(fc.tuple(fc.constantFrom(...places), fc.constantFrom(...places)), {
      minLength: names.length,
      maxLength: names.length,
    }),
  )
  .map(([calls, pairs]) => calls.flatMap((call, n) => (pairs[n] ? [{ call, self: pairs[n][0], at: pairs[n][1] }] : [])))

const oneRun = (): Step[] => fc.sample(runs, 1)[0] ?? []

describe('every store, called by tenants in any order', () => {
  it('is listed with each of its functions that takes the transaction of a tenant', async () => {
    const root = new URL('../../src/', import.meta.url).pathname
    const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('-store.ts'))
    const found: string[] = []
    for (const file of files) {
      const text = await readFile(join(root, file), 'utf8')
      for (const [, name = ''] of text.matchAll(
        /export (?:async )?function (\w+)(?:<\w+>)?\(\s*tx: (?:\w+ \| )?TenantTx/g,
      ))
        found.push(name)
    }
    expect(found.length).toBeGreaterThan(80)
    expect(names.toSorted()).toEqual(found.toSorted())
  })

  it('works for the tenant itself, so that a refusal means something', async () => {
    const { database } = await start()
    const failed: string[] = []
    const [self] = places
    if (self === undefined) throw new Error('no tenant')
    for (const call of names) {
      const outcome = await outcomeOf(database, { call, self, at: self, isUndone: true })
      if (outcome.startsWith('failed')) failed.push(`${call} ${outcome}`)
    }
    expect(failed.toSorted()).toEqual(forFounding.map((call) => `${call} failed: 42501`))
  })

  it('shows and changes nothing of another tenant, and what is another tenant’s is as if it were not there', async () => {
    expect(await violationsOf(await start(), oneRun())).toEqual([])
  })

  it('does so also when every predicate on the tenant is forgotten', async () => {
    let stripped = 0
    const strip = (text: string) => {
      const without = stripTenant(text)
      if (without !== text) stripped += 1
      return without
    }
    expect(await violationsOf(await start(strip), oneRun())).toEqual([])
    expect(stripped).toBeGreaterThan(100)
  })

  it('would be caught: without policies, forgotten predicates show and change what is another tenant’s', async () => {
    const open = await start(stripTenant)
    for (const table of [...(await tenantTables(open.admin)), 'tenants'])
      await open.admin.query(`alter table ${table} disable row level security`)
    const violations = await violationsOf(open, oneRun())
    for (const kind of ['read', 'change', 'told apart'] as const)
      expect(violations.filter((violation) => violation.kind === kind).length).toBeGreaterThan(3)
  })
})
