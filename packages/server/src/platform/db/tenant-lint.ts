import type pg from 'pg'

export type LintFinding = { rule: string; object: string }

/**
 * Reads the catalogue for every way in which the tenant wall can be broken without an error (security.md 1.3, 1.5).
 * An empty answer means that each tenant table is forced behind exactly the canonical policies of `guard_tenant_table`.
 * Deliberate exceptions are listed below by name.
 */
export async function lintTenantWall(client: pg.ClientBase, appRole = 'smt_app'): Promise<LintFinding[]> {
  const { rows } = await client.query<LintFinding>(lintSql, [
    appRole,
    [...platformIndexes],
    [...windows],
    canonicalPredicate,
    [...doorPolicies],
    contextBodies.map(({ name }) => name),
    contextBodies.map(({ sha256 }) => sha256),
    [...loginFunctions],
  ])
  return rows
}

/** Indexes that cross tenants on purpose: due times, outboxes, look-ups before a tenant is known. */
const platformIndexes = new Set(['users_email', 'memberships_user', 'api_keys_key_id'])

/** Views owned by smt_door that carry their own tenant check (migration 0006). */
const windows = new Set([
  'app.shared_network_list',
  'app.tenant_sources',
  'app.tenant_source_ranges',
  'app.tenant_chain_items',
  'app.tenant_chain_blocks',
])

/** Policies of the role that owns the pre-tenant functions. */
const doorPolicies = new Set(['door_rows', 'door_window'])

/** `pg_get_expr` of the one allowed predicate, white space removed. */
const canonicalPredicate = '(tenant_id=(SELECTapp.current_tenant()AScurrent_tenant))'

/** What decides which tenant a transaction is of: a body that differs is a finding. A migration that changes one says so here. */
const contextBodies = [
  { name: 'app.current_tenant', sha256: '2a9bc8b13c8ba896a596dbec97db2a3431c4e008a1d819382b9be3322a8fdbca' },
  { name: 'app.demand_context', sha256: 'f7629bd584d3be9813e2e2f242db9f98f1f17cab1bd60fc51b331963fd8fcf9f' },
  { name: 'wall.context_subject', sha256: '6d2273501b895be9aaa46194e64ce25007c8c4fd8ee09310c6581ac0342cb874' },
]

/** Every function with more rights than its caller that SQL in a tenant's transaction may call. */
const loginFunctions = new Set([
  'app.current_tenant',
  // For a person or a key before a tenant is known, and for founding one: these demand such a context.
  'app.find_login',
  'app.open_session',
  'app.rotate_refresh_token',
  'app.close_session',
  'app.session_user_of',
  'app.session_tenants',
  'app.session_membership',
  'app.session_operator',
  'app.find_api_key',
  'app.create_user',
  'app.create_tenant',
  // For a tenant: its members, and the person of an e-mail who is to become one.
  'app.member_directory',
  'app.find_member_candidate',
])

const lintSql = `
with tenant_tables as (
  select c.oid, n.nspname || '.' || c.relname as name, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relispartition
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
app as (select oid, rolname, rolsuper, rolbypassrls from pg_roles where rolname = $1),
policies as (
  select t.name, p.polrelid, p.polname, p.polpermissive, p.polcmd,
    (select array_agg(r.rolname::text) from pg_roles r where r.oid = any (p.polroles)) as roles,
    '0'::oid = any (p.polroles) as to_public,
    regexp_replace(coalesce(pg_get_expr(p.polqual, p.polrelid), ''), '\\s', '', 'g') as qual,
    regexp_replace(coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''), '\\s', '', 'g') as check_qual
  from tenant_tables t join pg_policy p on p.polrelid = t.oid),
canonical as (
  select polrelid, polpermissive from policies
  where polcmd = '*' and roles = array['smt_app'] and not to_public and qual = $4 and check_qual = $4)
select 'login role bypasses policies' as rule, rolname::text as object from app where rolsuper or rolbypassrls
union all
select 'login role is a member of another role', r.rolname::text
  from app join pg_auth_members m on m.member = app.oid join pg_roles r on r.oid = m.roleid
union all
select 'login role owns a tenant table', name from tenant_tables, app where relowner = app.oid
union all
select 'row-level security is off', name from tenant_tables where not relrowsecurity
union all
select 'row-level security is not forced', name from tenant_tables where not relforcerowsecurity
union all
select 'tenant_id may be null', t.name from tenant_tables t
  join pg_attribute a on a.attrelid = t.oid and a.attname = 'tenant_id' where not a.attnotnull
union all
select 'restrictive twin policy is missing', name from tenant_tables t
  where not exists (select from canonical c where c.polrelid = t.oid and not c.polpermissive)
union all
select 'permissive twin policy is missing', name from tenant_tables t
  where not exists (select from canonical c where c.polrelid = t.oid and c.polpermissive)
union all
select 'policy is not the canonical form', name || ' / ' || polname from policies
  where to_public
    or ('smt_app' = any (roles) and not (polcmd = '*' and roles = array['smt_app'] and qual = $4 and check_qual = $4))
    or ('smt_platform' = any (roles) and polname <> 'platform_rows')
    or not (roles <@ array['smt_app', 'smt_platform', 'smt_door'])
    or ('smt_door' = any (roles) and polname::text <> all ($5))
union all
select 'more than one policy of a kind for the login role', name from policies
  where 'smt_app' = any (roles) group by name, polpermissive having count(*) > 1
union all
select 'foreign key between tenant tables without tenant_id', k.conrelid::regclass || ' ' || k.conname
  from pg_constraint k
  where k.contype = 'f' and k.conrelid in (select oid from tenant_tables) and k.confrelid in (select oid from tenant_tables)
    and not exists (select from pg_attribute a
      where a.attrelid = k.conrelid and a.attname = 'tenant_id' and a.attnum = any (k.conkey))
union all
select 'unique index without tenant_id', i.indexrelid::regclass::text
  from pg_index i join tenant_tables t on t.oid = i.indrelid
  where i.indisunique
    and not exists (select from pg_attribute a
      where a.attrelid = i.indrelid and a.attname = 'tenant_id' and a.attnum = any (i.indkey))
    and i.indexrelid::regclass::text <> all ($2)
union all
select 'primary key does not begin with tenant_id', t.name from tenant_tables t
  where not exists (select from pg_index i join pg_attribute a on a.attrelid = t.oid and a.attname = 'tenant_id'
    where i.indrelid = t.oid and i.indisprimary and i.indkey[0] = a.attnum)
union all
select 'view that does not run as its caller', n.nspname || '.' || c.relname
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, app
  where c.relkind = 'v' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and has_table_privilege(app.oid, c.oid, 'SELECT')
    and not coalesce('security_invoker=true' = any (c.reloptions), false)
    and n.nspname || '.' || c.relname <> all ($3)
union all
select 'materialized view readable by the login role', c.oid::regclass::text
  from pg_class c, app
  where c.relkind = 'm' and app.rolname <> 'smt_platform' and has_table_privilege(app.oid, c.oid, 'SELECT')
union all
select 'login role may truncate, reference or add triggers', name from tenant_tables t, app
  where has_table_privilege(app.oid, t.oid, 'TRUNCATE') or has_table_privilege(app.oid, t.oid, 'REFERENCES')
    or has_table_privilege(app.oid, t.oid, 'TRIGGER')
union all
select 'partition reachable directly by the login role', name from tenant_tables t, app
  where relispartition and (has_table_privilege(app.oid, t.oid, 'SELECT') or has_table_privilege(app.oid, t.oid, 'INSERT')
    or has_table_privilege(app.oid, t.oid, 'UPDATE') or has_table_privilege(app.oid, t.oid, 'DELETE'))
union all
select 'function that decides about the tenant is not the known one', w.name
  from unnest($6::text[], $7::text[]) as w (name, digest)
  left join (pg_proc p join pg_namespace n on n.oid = p.pronamespace) on n.nspname || '.' || p.proname = w.name
  where p.oid is null or encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') <> w.digest
    or p.proowner::regrole::text <> 'smt_owner' or (not p.prosecdef and n.nspname = 'app')
union all
select 'context keys within reach of a role', r.rolname::text
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles r
  where n.nspname = 'wall' and r.rolname in ('smt_app', 'smt_platform', 'smt_door', $1)
    and (has_schema_privilege(r.oid, n.oid, 'USAGE') or has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')
      or has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE, REFERENCES, TRIGGER'))
    and c.relkind = 'r'
union all
select 'login role may call a definer function that is not listed', p.oid::regprocedure::text
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace, app
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and app.rolname = 'smt_app'
    and p.prosecdef and has_function_privilege(app.oid, p.oid, 'EXECUTE')
    and n.nspname || '.' || p.proname <> all ($8)
union all
select 'login role may make temporary tables', current_database()::text from app
  where has_database_privilege(app.oid, current_database(), 'TEMPORARY')
union all
select 'security definer function without a pinned search_path', p.oid::regprocedure::text
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and n.nspname !~ '^pg_'
    and not exists (select from unnest(coalesce(p.proconfig, '{}')) c where c like 'search_path=%pg_temp')
union all
select 'login role may create objects', n.nspname::text from pg_namespace n, app
  where n.nspname in ('public', 'app') and has_schema_privilege(app.oid, n.oid, 'CREATE')
union all
select 'no index begins with tenant_id', name from tenant_tables t
  where not exists (select from pg_index i join pg_attribute a on a.attrelid = t.oid and a.attname = 'tenant_id'
    where i.indrelid = t.oid and i.indkey[0] = a.attnum)
union all
select 'indexed column whose operators are not leakproof', i.indexrelid::regclass || '.' || a.attname
  from pg_index i join tenant_tables t on t.oid = i.indrelid
  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
  join pg_type y on y.oid = a.atttypid
  where y.typtype = 'e' or y.typname in ('jsonb', 'numeric', 'citext')
order by 1, 2`
