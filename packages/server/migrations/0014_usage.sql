-- What tenants used, by hour (docs/decisions, "Usage"). Not partitioned: rows leave 400 days after they came, as many in
-- an hour as came in one, and everything that reads or writes them begins with the tenant and the hour.

-- Only hours in which something happened have rows. The rows without a monitor hold requests to nodes, which are made for
-- all monitors of a tenant together; those of monitors hold each monitor's part of them once the hour is closed.
create table usage_hours (
  tenant_id uuid not null references tenants (id),
  hour timestamptz not null,
  source_id uuid not null,
  -- 00000000-0000-0000-0000-000000000000: of no monitor alone.
  monitor_id uuid not null,
  -- By which name the tenant knows the source.
  network_id text not null,
  evaluations bigint not null default 0,
  matches bigint not null default 0,
  deliveries bigint not null default 0,
  rpc_calls_own bigint not null default 0,
  rpc_calls_shared bigint not null default 0,
  -- A sample shortly after the end of the hour; null when none was taken.
  storage_bytes bigint,
  primary key (tenant_id, hour, source_id, monitor_id)
) with (fillfactor = 70);
-- Platform index: hours are divided and expire for all tenants at once. Rows come in this order.
create index usage_hours_hour on usage_hours using brin (hour) with (pages_per_range = 16);
select app.guard_tenant_table('usage_hours', 'select, insert, update', 'select, delete');

-- Which batch of counts of which process was added last: a batch that is sent again adds nothing.
create table usage_writers (
  tenant_id uuid not null references tenants (id),
  writer uuid not null,
  last_batch bigint not null,
  written_at timestamptz not null default now(),
  primary key (tenant_id, writer)
);
select app.guard_tenant_table('usage_writers', 'select, insert, update', 'select, delete');

-- Up to where the hours of a tenant are closed; matches and deliveries that were stored later are counted when asked for.
create table usage_progress (
  tenant_id uuid primary key references tenants (id),
  closed_until timestamptz not null
);
select app.guard_tenant_table('usage_progress', 'select, insert, update', 'select');

-- Requests to the nodes of shared networks, and how many of them were divided among tenants. Platform tables.
create table source_usage_hours (
  source_id uuid not null references chain_sources (id),
  hour timestamptz not null,
  network_id text not null,
  rpc_calls bigint not null,
  -- Null until the hour is divided; less than rpc_calls only where nobody watched.
  divided_calls bigint,
  primary key (source_id, hour)
);
create index source_usage_hours_undivided on source_usage_hours (hour) where divided_calls is null;
grant select, insert, update, delete on source_usage_hours to smt_platform;

create table source_usage_writers (
  writer uuid primary key,
  last_batch bigint not null,
  written_at timestamptz not null default now()
);
grant select, insert, update, delete on source_usage_writers to smt_platform;

-- Who closes hours: one process at a time, so that they are not all read twice. Doing it twice would change nothing.
create table usage_closer (
  only_row boolean primary key default true check (only_row),
  holder uuid not null,
  expires_at timestamptz not null
);
grant select, insert, update on usage_closer to smt_platform;
