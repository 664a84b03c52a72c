-- Who there is: users, sessions, tenants, memberships, API keys; and what is kept per tenant besides its configuration.

create table users (
  id uuid primary key,
  email text not null,
  email_key text generated always as (lower(btrim(email))) stored,
  password_hash text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- E-mail and slug are the two deliberate installation-wide names.
create unique index users_email on users (email_key);

-- A session is one login; its refresh tokens form one family.
create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoke_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sessions_user on sessions (user_id);

create table refresh_tokens (
  token_hash bytea primary key,
  session_id uuid not null references sessions (id) on delete cascade,
  spent_at timestamptz,
  created_at timestamptz not null default now()
);
create index refresh_tokens_session on refresh_tokens (session_id);

create table tenants (
  id uuid primary key,
  slug text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null check (name <> ''),
  plan text not null default 'standard',
  state text not null default 'active' check (state in ('active', 'suspended')),
  version integer not null default 1,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index tenants_slug on tenants (slug);

-- No role that logs in reads identity tables; tenants see their own row.
alter table users enable row level security;
alter table users force row level security;
alter table sessions enable row level security;
alter table sessions force row level security;
alter table refresh_tokens enable row level security;
alter table refresh_tokens force row level security;
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant_wall on tenants as restrictive for all to smt_app
  using (id = (select app.current_tenant())) with check (id = (select app.current_tenant()));
create policy tenant_rows on tenants as permissive for all to smt_app
  using (id = (select app.current_tenant())) with check (id = (select app.current_tenant()));
create policy platform_rows on tenants as permissive for all to smt_platform using (true) with check (true);
grant select, update on tenants to smt_app;
grant select, update on tenants to smt_platform;

create table memberships (
  tenant_id uuid not null references tenants (id),
  user_id uuid not null references users (id),
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, user_id)
);
create index memberships_user on memberships (user_id);
select app.guard_tenant_table('memberships', 'select, insert, update, delete', '');

create table api_keys (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  name text not null,
  key_id text not null,
  secret_hash bytea not null,
  permissions jsonb not null,
  creator_role text not null check (creator_role in ('owner', 'admin')),
  created_by uuid,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
-- Platform index: a key is looked up before its tenant is known. Not unique on purpose: no existence oracle.
create index api_keys_key_id on api_keys (key_id);
select app.guard_tenant_table('api_keys', 'select, insert, update', '');

-- The tenant's data key, wrapped by the installation's master key. Dropping the row shreds the tenant's secrets.
create table tenant_keys (
  tenant_id uuid not null references tenants (id),
  version integer not null,
  wrapped_key text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
select app.guard_tenant_table('tenant_keys', 'select', 'select');

create table quotas (
  tenant_id uuid not null references tenants (id),
  quota text not null,
  used integer not null default 0,
  lim integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, quota),
  constraint quota_not_exceeded check (used >= 0 and used <= lim)
);
select app.guard_tenant_table('quotas', 'select, update', 'select, update');

create table idempotency_keys (
  tenant_id uuid not null references tenants (id),
  key text not null,
  fingerprint bytea not null,
  status integer,
  sealed_response text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, key)
);
select app.guard_tenant_table('idempotency_keys', 'select, insert, update', 'select, delete');

create table notices (
  tenant_id uuid not null references tenants (id),
  id uuid not null default app.uuid_v7(),
  kind text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  subject_kind text not null,
  subject_id text not null,
  message text not null,
  data jsonb not null default '{}',
  occurrences integer not null default 1,
  resolved_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
-- One open notice per thing that is wrong; repeats count up.
create unique index notices_open on notices (tenant_id, kind, subject_kind, subject_id) where resolved_at is null;
create index notices_recent on notices (tenant_id, updated_at desc, id desc);
select app.guard_tenant_table('notices', 'select', 'select, insert, update, delete');

-- Append only: no service role may change or remove a row; no cascade from tenants.
create table audit_events (
  tenant_id uuid not null,
  id uuid not null,
  occurred_at timestamptz not null default now(),
  actor_kind text not null check (actor_kind in ('user', 'api_key', 'operator', 'system')),
  actor_id uuid,
  actor_name text not null,
  action text not null,
  target_kind text not null,
  target_id text not null,
  before jsonb,
  after jsonb,
  request_id text,
  ip text,
  user_agent text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id, occurred_at)
) partition by range (occurred_at);
create table audit_events_default partition of audit_events default;
create index audit_events_recent on audit_events (tenant_id, occurred_at desc, id desc);
select app.guard_tenant_table('audit_events', 'select, insert', 'insert');
select app.guard_tenant_table('audit_events_default', '', '');

create trigger touch before update on users for each row execute function app.touch_updated_at();
create trigger touch before update on sessions for each row execute function app.touch_updated_at();
create trigger touch before update on tenants for each row execute function app.touch_updated_at();
create trigger touch before update on memberships for each row execute function app.touch_updated_at();
create trigger touch before update on api_keys for each row execute function app.touch_updated_at();
create trigger touch before update on quotas for each row execute function app.touch_updated_at();
create trigger touch before update on notices for each row execute function app.touch_updated_at();
