-- What tenants configure (OZ objects in jsonb, secrets sealed inside) and the chain sources that it resolves to.

-- What is polled: one shared network, or one tenant's own network. No tenant_id: tenants look through tenant_sources.
create table chain_sources (
  id uuid primary key,
  kind text not null check (kind in ('shared', 'own')),
  lease_key text not null,
  epoch bigint not null default 0,
  cursor_number bigint,
  cursor_hash text,
  cursor_time timestamptz,
  head_number bigint,
  confirmed_number bigint,
  state text not null default 'idle'
    check (state in ('idle', 'following', 'catching_up', 'failing', 'stopped')),
  status_code text,
  status_message text,
  failing_since timestamptz,
  polled_at timestamptz,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index chain_sources_lease on chain_sources (lease_key);
grant select, insert, update on chain_sources to smt_platform;
grant insert on chain_sources to smt_app;

-- Offered by the operator to all tenants (SMT_SHARED_NETWORKS_DIR).
create table shared_networks (
  network_id text primary key,
  source_id uuid not null references chain_sources (id),
  configuration jsonb not null,
  name text generated always as (configuration ->> 'name') stored,
  network_type text generated always as (configuration ->> 'network_type') stored,
  content_hash text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index shared_networks_source on shared_networks (source_id);
grant select, insert, update on shared_networks to smt_platform;

create table networks (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  network_id text generated always as (configuration ->> 'slug') stored,
  configuration jsonb not null,
  name text generated always as (configuration ->> 'name') stored,
  name_key text generated always as (lower(btrim(configuration ->> 'name'))) stored,
  network_type text generated always as (configuration ->> 'network_type') stored,
  explorer_url text,
  labels jsonb not null default '{}',
  extensions jsonb not null default '{}',
  source_id uuid not null references chain_sources (id),
  version integer not null default 1,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index networks_network_id on networks (tenant_id, network_id) where is_active;
create unique index networks_name on networks (tenant_id, name_key) where is_active;
create index networks_recent on networks (tenant_id, created_at desc, id desc);
-- Platform index: the leader of a source finds its network.
create index networks_source on networks (source_id);
select app.guard_tenant_table('networks', 'select, insert, update', 'select');

create table triggers (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  trigger_id text not null,
  configuration jsonb not null,
  name text generated always as (configuration ->> 'name') stored,
  name_key text generated always as (lower(btrim(configuration ->> 'name'))) stored,
  trigger_type text generated always as (configuration ->> 'trigger_type') stored,
  labels jsonb not null default '{}',
  extensions jsonb not null default '{}',
  version integer not null default 1,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index triggers_trigger_id on triggers (tenant_id, trigger_id) where is_active;
create unique index triggers_name on triggers (tenant_id, name_key) where is_active;
create index triggers_recent on triggers (tenant_id, created_at desc, id desc);
select app.guard_tenant_table('triggers', 'select, insert, update', 'select');

create table monitors (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  monitor_id text not null,
  configuration jsonb not null,
  name text generated always as (configuration ->> 'name') stored,
  name_key text generated always as (lower(btrim(configuration ->> 'name'))) stored,
  is_paused boolean generated always as ((configuration ->> 'paused')::boolean) stored,
  severity text not null default 'medium' check (severity in ('critical', 'high', 'medium', 'low')),
  labels jsonb not null default '{}',
  extensions jsonb not null default '{}',
  version integer not null default 1,
  version_id uuid not null,
  last_match_at timestamptz,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index monitors_monitor_id on monitors (tenant_id, monitor_id) where is_active;
create unique index monitors_name on monitors (tenant_id, name_key) where is_active;
create index monitors_recent on monitors (tenant_id, created_at desc, id desc);
select app.guard_tenant_table('monitors', 'select, insert, update', 'select, update');

-- Every saved state of a monitor; a match pins the one that made it.
create table monitor_versions (
  tenant_id uuid not null,
  id uuid not null,
  monitor_id uuid not null,
  version integer not null,
  configuration jsonb not null,
  severity text not null,
  labels jsonb not null,
  extensions jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, monitor_id) references monitors (tenant_id, id)
);
create unique index monitor_versions_number on monitor_versions (tenant_id, monitor_id, version);
select app.guard_tenant_table('monitor_versions', 'select, insert', 'select');

-- References as they were resolved when the monitor was saved; a network that appears later never re-binds them.
create table monitor_networks (
  tenant_id uuid not null,
  monitor_id uuid not null,
  position integer not null,
  network_id text not null,
  own_network_id uuid,
  source_id uuid not null references chain_sources (id),
  primary key (tenant_id, monitor_id, position),
  foreign key (tenant_id, monitor_id) references monitors (tenant_id, id),
  foreign key (tenant_id, own_network_id) references networks (tenant_id, id)
);
create index monitor_networks_network on monitor_networks (tenant_id, own_network_id);
create index monitor_networks_slug on monitor_networks (tenant_id, network_id);
-- Platform index: the leader of a source loads its monitors.
create index monitor_networks_source on monitor_networks (source_id);
select app.guard_tenant_table('monitor_networks', 'select, insert, delete', 'select');

create table monitor_addresses (
  tenant_id uuid not null,
  monitor_id uuid not null,
  address_key text not null,
  primary key (tenant_id, monitor_id, address_key),
  foreign key (tenant_id, monitor_id) references monitors (tenant_id, id)
);
create index monitor_addresses_address on monitor_addresses (tenant_id, address_key);
select app.guard_tenant_table('monitor_addresses', 'select, insert, delete', '');

create table monitor_triggers (
  tenant_id uuid not null,
  monitor_id uuid not null,
  position integer not null,
  trigger_id uuid not null,
  primary key (tenant_id, monitor_id, position),
  foreign key (tenant_id, monitor_id) references monitors (tenant_id, id),
  foreign key (tenant_id, trigger_id) references triggers (tenant_id, id)
);
create index monitor_triggers_trigger on monitor_triggers (tenant_id, trigger_id);
select app.guard_tenant_table('monitor_triggers', 'select, insert, delete', 'select');

-- The live-configuration feed (docs/architecture.md, "Live configuration"): readers go by xid, never by seq alone,
-- since sequence numbers become visible out of order.
create table config_changes (
  tenant_id uuid not null references tenants (id),
  seq bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  source_id uuid,
  object_kind text not null check (object_kind in ('monitor', 'network', 'trigger')),
  object_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, seq)
);
-- Platform index: readers follow all tenants in transaction order.
create index config_changes_xid on config_changes (xid);
select app.guard_tenant_table('config_changes', 'insert', 'select, delete');

create trigger touch before update on chain_sources for each row execute function app.touch_updated_at();
create trigger touch before update on shared_networks for each row execute function app.touch_updated_at();
create trigger touch before update on networks for each row execute function app.touch_updated_at();
create trigger touch before update on triggers for each row execute function app.touch_updated_at();
-- A match moves last_match_at only, which is not a change of the monitor.
create trigger touch before update on monitors for each row
  when (old.version is distinct from new.version or old.is_active is distinct from new.is_active)
  execute function app.touch_updated_at();
