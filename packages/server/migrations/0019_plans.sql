-- Plans, the operators who set them, and suspended tenants that are told why.

create table plans (
  name text primary key check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  description text not null default '',
  max_monitors integer not null check (max_monitors >= 0),
  max_networks integer not null check (max_networks >= 0),
  max_triggers_per_monitor integer not null check (max_triggers_per_monitor >= 0),
  max_rpc_requests_per_minute integer not null check (max_rpc_requests_per_minute >= 0),
  max_storage_mb integer not null check (max_storage_mb >= 0),
  delivery_weight integer not null check (delivery_weight between 1 and 100),
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- What plans there are is the operator's affair: tenants know the name of their own.
grant select, insert, update on plans to smt_platform;
-- The second one is what a share lock needs.
grant select, update (updated_at) on plans to smt_door;
create trigger touch before update on plans for each row execute function app.touch_updated_at();

-- What the operator did. Append only; whatever concerns a tenant is in the tenant's own log as well.
create table operator_events (
  id uuid primary key,
  occurred_at timestamptz not null default now(),
  operator_id uuid,
  operator_name text not null,
  action text not null,
  target_kind text not null,
  target_id text not null,
  before jsonb,
  after jsonb,
  request_id text,
  ip text,
  user_agent text
);
grant select, insert on operator_events to smt_platform;

-- An operator is a person, never a role in a tenant.
alter table users add column is_operator boolean not null default false;

-- The limit that holds is `lim`: the operator's own figure for this tenant, or that of its plan.
alter table quotas add column override integer check (override >= 0);

alter table tenants
  add column suspended_at timestamptz,
  add column suspension_reason text;

-- Rows of today. The owner sees them only while its own policies are lifted.
alter table tenants no force row level security;
alter table quotas no force row level security;
insert into plans (name, max_monitors, max_networks, max_triggers_per_monitor, max_rpc_requests_per_minute, max_storage_mb,
  delivery_weight, description)
select distinct on (name) name, 10, 5, 10, 1000, 1000, 1, description
from (
  select 'standard' as name, 'For every tenant that has no other plan.' as description
  union all select plan, '' from tenants) p
order by name, description desc;
update quotas q set override = q.lim
from tenants t join plans p on p.name = t.plan
where t.id = q.tenant_id and t.is_active
  and q.lim <> (to_jsonb(p) ->> q.quota)::integer;
alter table tenants force row level security;
alter table quotas force row level security;

alter table tenants add constraint tenants_plan foreign key (plan) references plans (name);
create index tenants_by_plan on tenants (plan);

-- A tenant can no longer so much as try to change its plan, its state, its weight or its limits.
revoke update on tenants, quotas from smt_app;
grant update (name, notice_trigger_id, version, is_active) on tenants to smt_app;
grant update (used) on quotas to smt_app;
-- A suspended tenant's monitors are taken from the leaders that watch for them.
grant insert on config_changes to smt_platform;

set local role smt_door;
drop function app.session_membership(uuid, text);
drop function app.session_tenants(uuid);

-- One row when the session lives; tenant columns are null unless its user is a member of that tenant. Why a tenant is
-- suspended is for its owners.
create function app.session_membership(p_session uuid, p_slug text)
  returns table (
    user_id uuid, email text, tenant_id uuid, role text, tenant_state text, suspended_at timestamptz, suspension_reason text)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$
    select app.demand_context('identity');
    select u.user_id, u.email, m.tenant_id, m.role, m.state, m.suspended_at, m.suspension_reason
    from app.session_user_of(p_session) u
    left join lateral (
      select t.id as tenant_id, x.role, t.state, t.suspended_at, case when x.role = 'owner' then t.suspension_reason end as suspension_reason
      from tenants t join memberships x on x.tenant_id = t.id and x.user_id = u.user_id
      where t.slug = p_slug and t.is_active) m on true
  $$;

create function app.session_tenants(p_session uuid)
  returns table (
    tenant_id uuid, slug text, name text, role text, created_at timestamptz, state text, suspension_reason text)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$
    select app.demand_context('identity');
    select t.id, t.slug, t.name, m.role, t.created_at, t.state, case when m.role = 'owner' then t.suspension_reason end
    from app.session_user_of(p_session) u
    join memberships m on m.user_id = u.user_id
    join tenants t on t.id = m.tenant_id
    where t.is_active
    order by t.slug
  $$;

-- The user of a session that lives, when they are an operator.
create function app.session_operator(p_session uuid) returns table (user_id uuid, email text)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$
    select app.demand_context('identity');
    select u.user_id, u.email
    from app.session_user_of(p_session) u join users x on x.id = u.user_id
    where x.is_operator
  $$;

-- Makes the person of an e-mail an operator, or no longer one. For the platform's login alone: no request of a tenant
-- reaches it.
create function app.set_operator(p_email text, p_is_operator boolean) returns table (user_id uuid, email text)
  language sql volatile security definer set search_path = pg_catalog, public, pg_temp
  as $$
    update users u set is_operator = p_is_operator
    where u.email_key = lower(btrim(p_email)) and u.is_active
    returning u.id, u.email
  $$;

create function app.create_operator(p_user uuid, p_email text, p_password_hash text) returns void
  language sql volatile security definer set search_path = pg_catalog, public, pg_temp
  as $$
    insert into users (id, email, password_hash, is_operator) values (p_user, btrim(p_email), p_password_hash, true)
  $$;

-- A tenant with its first owner, its data key and the limits of the first plan, which cannot change before it is stored.
create or replace function app.create_tenant(p_tenant uuid, p_slug text, p_name text, p_owner uuid, p_wrapped_key text) returns void
  language sql volatile security definer set search_path = pg_catalog, public, pg_temp
  as $$
    select app.demand_context('founding');
    insert into tenants (id, slug, name, plan, delivery_weight)
      select p_tenant, p_slug, p_name, p.name, p.delivery_weight from plans p where p.name = 'standard' for share;
    insert into memberships (tenant_id, user_id, role) values (p_tenant, p_owner, 'owner');
    insert into tenant_keys (tenant_id, version, wrapped_key) values (p_tenant, 1, p_wrapped_key);
    insert into quotas (tenant_id, quota, lim)
      select p_tenant, q.quota, q.lim
      from plans p
      cross join lateral (values
        ('max_monitors', p.max_monitors),
        ('max_networks', p.max_networks),
        ('max_triggers_per_monitor', p.max_triggers_per_monitor),
        ('max_rpc_requests_per_minute', p.max_rpc_requests_per_minute),
        ('max_storage_mb', p.max_storage_mb)) q (quota, lim)
      where p.name = 'standard';
  $$;

grant execute on function
  app.session_membership(uuid, text), app.session_tenants(uuid), app.session_operator(uuid) to smt_app;
grant execute on function app.set_operator(text, boolean), app.create_operator(uuid, text, text) to smt_platform;
set local role smt_owner;
