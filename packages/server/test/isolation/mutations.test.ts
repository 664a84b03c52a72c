import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lintTenantWall } from '../../src/platform/db/tenant-lint.ts'
import { openTestDatabase, type TestDatabase } from '../../src/testing/harness.ts'
import { probeWall, seedEveryTenantTable, type Leak } from './wall-probe.ts'

const a = '018f0000-0000-7000-8000-00000000000a'
const b = '018f0000-0000-7000-8000-00000000000b'

const everything: Leak[] = ['no context', 'read', 'insert', 'update', 'move', 'delete']
const own = 'tenant_id = (select app.current_tenant())'

type Mutation = { name: string; statements: string[]; lint: RegExp; leaks?: Leak[]; readFrom?: string }

/** Security.md 1.3, row by row; a row about "the main policy" is tried on each of the twins. */
const mutations: Mutation[] = [
  {
    name: 'row-level security off',
    statements: ['alter table memberships disable row level security'],
    leaks: everything,
    lint: /security is off: public\.memberships/,
  },
  {
    name: 'the application role gets BYPASSRLS',
    statements: ['alter role smt_app bypassrls'],
    leaks: everything,
    lint: /bypasses policies: smt_app/,
  },
  {
    name: 'row-level security not forced',
    statements: ['alter table memberships no force row level security'],
    lint: /not forced: public\.memberships/,
  },
  ...onEachTwin('USING (true)', (policy) => [`alter policy ${policy} on memberships using (true)`]),
  ...onEachTwin('WITH CHECK (true)', (policy) => [`alter policy ${policy} on memberships with check (true)`]),
  ...onEachTwin('USING (true) WITH CHECK (true)', (policy) => [
    `alter policy ${policy} on memberships using (true) with check (true)`,
  ]),
  ...onEachTwin('only for select', (policy) => [
    `drop policy ${policy} on memberships`,
    `create policy ${policy} on memberships as ${kindOf(policy)} for select to smt_app using (${own})`,
  ]),
  ...onEachTwin('open when no tenant is set', (policy) => [
    `alter policy ${policy} on memberships using (${own} or app.current_tenant() is null)`,
  ]),
  ...onEachTwin('for another role', (policy) => [`alter policy ${policy} on memberships to smt_platform`]),
  ...onEachTwin('dropped', (policy) => [`drop policy ${policy} on memberships`]),
  {
    name: 'the restrictive twin turned permissive',
    statements: [
      'drop policy tenant_wall on memberships',
      `create policy tenant_wall on memberships as permissive to smt_app using (${own}) with check (${own})`,
    ],
    lint: /restrictive twin policy is missing: public\.memberships/,
  },
  {
    name: 'the permissive twin turned restrictive',
    statements: [
      'drop policy tenant_rows on memberships',
      `create policy tenant_rows on memberships as restrictive to smt_app using (${own}) with check (${own})`,
    ],
    lint: /permissive twin policy is missing: public\.memberships/,
  },
  {
    name: 'both twins opened at once',
    statements: ['tenant_wall', 'tenant_rows'].map(
      (policy) => `alter policy ${policy} on memberships using (true) with check (true)`,
    ),
    leaks: everything,
    lint: /restrictive twin policy is missing: public\.memberships/,
  },
  {
    name: 'an extra permissive policy for everything',
    statements: ['create policy extra on memberships using (true) with check (true)'],
    lint: /not the canonical form: public\.memberships \/ extra/,
  },
  {
    name: 'an extra permissive policy for select',
    statements: ['create policy extra on memberships for select to smt_app using (true)'],
    lint: /not the canonical form: public\.memberships \/ extra/,
  },
  {
    name: 'the application role becomes a member of the owner',
    statements: ['grant smt_owner to smt_app'],
    lint: /member of another role: smt_owner/,
  },
  {
    name: 'a new tenant table without row-level security',
    statements: [
      'create table leaky (tenant_id uuid not null, id uuid, primary key (tenant_id, id))',
      'grant select on leaky to smt_app',
    ],
    lint: /security is off: public\.leaky/,
  },
  {
    name: 'a view of a superuser that does not run as its caller',
    statements: ['create view peek as select * from memberships', 'grant select on peek to smt_app'],
    readFrom: 'peek',
    leaks: ['no context', 'read'],
    lint: /does not run as its caller: public\.peek/,
  },
  {
    name: 'a view of the owner that does not run as its caller',
    statements: [
      'create view peek as select * from memberships',
      'alter view peek owner to smt_owner',
      'grant select on peek to smt_app',
    ],
    readFrom: 'peek',
    lint: /does not run as its caller: public\.peek/,
  },
  {
    name: 'a definer function without a pinned search_path',
    statements: ['create function app.loose() returns integer language sql security definer as $$ select 1 $$'],
    lint: /pinned search_path: app\.loose\(\)/,
  },
  {
    name: 'a definer function that looks among temporary tables first',
    statements: ['alter function app.find_login(text) set search_path = pg_catalog, public'],
    lint: /pinned search_path: app\.find_login/,
  },
  {
    name: 'the right to make temporary tables',
    statements: [`do $$ begin execute format('grant temporary on database %I to smt_app', current_database()); end $$`],
    lint: /may make temporary tables/,
  },
  {
    name: 'a tenant context that is believed unsigned',
    statements: [
      `create or replace function app.current_tenant() returns uuid language sql stable security definer
        set search_path = pg_catalog, pg_temp as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$`,
    ],
    lint: /decides about the tenant is not the known one: app\.current_tenant/,
  },
  {
    name: 'a verification that lets everything pass',
    statements: [
      `create or replace function wall.context_subject() returns text language sql stable
        as $$ select split_part(current_setting('app.context', true), '.', 1) $$`,
    ],
    lint: /decides about the tenant is not the known one: wall\.context_subject/,
  },
  {
    name: 'context keys that the application role may read',
    statements: ['grant usage on schema wall to smt_app', 'grant select (inner_key) on wall.context_keys to smt_app'],
    lint: /context keys within reach of a role: smt_app/,
  },
  {
    name: 'a definer function granted to the application role',
    statements: ['grant execute on function app.install_context_key(text, bytea, bytea) to smt_app'],
    lint: /may call a definer function that is not listed: app\.install_context_key/,
  },
  {
    name: 'a single-column foreign key',
    statements: [
      'create unique index monitors_id on monitors (id)',
      'alter table matches_default add constraint single foreign key (monitor_id) references monitors (id)',
    ],
    lint: /foreign key between tenant tables without tenant_id: matches_default single/,
  },
  {
    name: 'a unique index without tenant',
    statements: ['create unique index nosy on monitors (version_id)'],
    lint: /unique index without tenant_id: nosy/,
  },
  {
    name: 'a partition granted directly',
    statements: ['grant select on matches_default to smt_app'],
    lint: /partition reachable directly/,
  },
  {
    name: 'truncate granted',
    statements: ['grant truncate on memberships to smt_app'],
    lint: /may truncate/,
  },
]

describe('mutations: a broken guard does not leak, and is noticed', () => {
  let test: TestDatabase

  beforeAll(async () => {
    test = await openTestDatabase()
    await seedEveryTenantTable(test.admin, a, 'a')
    await seedEveryTenantTable(test.admin, b, 'b')
  })
  afterAll(() => test.close())

  const probe = (statements: string[], readFrom?: string) =>
    probeWall(test.admin, {
      tenant: a,
      context: test.signContext(`tenant:${a}`),
      other: b,
      statements,
      ...(readFrom === undefined ? {} : { readFrom }),
      lint: (client) => lintTenantWall(client),
    })

  // No statement of the probe has a WHERE with a tenant: this is the first row of the table.
  it('every WHERE removed: nothing leaks, and the lint has no finding', async () => {
    expect(await probe([])).toEqual({ leaks: [], findings: [] })
  })

  it.each(mutations)('$name', async ({ statements, lint, leaks = [], readFrom }) => {
    const result = await probe(statements, readFrom)
    expect(result.findings.map((finding) => `${finding.rule}: ${finding.object}`).join('\n')).toMatch(lint)
    // The twins hold against every mistake with one of them; what the probe must see is the guard itself switched off.
    expect(result.leaks).toEqual(leaks)
  })
})

function kindOf(policy: string): 'restrictive' | 'permissive' {
  return policy === 'tenant_wall' ? 'restrictive' : 'permissive'
}

function onEachTwin(what: string, statementsFor: (policy: string) => string[]): Mutation[] {
  return ['tenant_wall', 'tenant_rows'].map((policy) => ({
    name: `the ${kindOf(policy)} twin: ${what}`,
    statements: statementsFor(policy),
    lint: new RegExp(`${kindOf(policy)} twin policy is missing: public\\.memberships`),
  }))
}
