-- What was read from chains: leases, block hashes, evaluated ranges, transactions that matched. Platform tables.

create table leases (
  lease_key text primary key,
  holder uuid,
  epoch bigint not null default 0,
  expires_at timestamptz not null default '-infinity'
);
grant select, insert, update on leases to smt_platform;

-- The last 1,000 blocks of a source, to notice a fork.
create table source_blocks (
  source_id uuid not null references chain_sources (id),
  number bigint not null,
  hash text not null,
  parent_hash text not null,
  block_time timestamptz not null,
  primary key (source_id, number)
);
grant select, insert, delete on source_blocks to smt_platform;

-- What happened to every block number since the source began; gaps are rows, never an absence.
create table source_ranges (
  source_id uuid not null references chain_sources (id),
  from_block bigint not null,
  to_block bigint not null,
  state text not null check (state in ('evaluated', 'skipped', 'unavailable')),
  reason text,
  created_at timestamptz not null default now(),
  primary key (source_id, from_block),
  check (from_block <= to_block)
);
grant select, insert, update on source_ranges to smt_platform;

-- A transaction that matched anything, once for all tenants.
create table chain_items (
  source_id uuid not null references chain_sources (id),
  block_hash text not null,
  tx_hash text not null,
  block_number bigint not null,
  block_time timestamptz not null,
  -- json, not jsonb: chain data may hold U+0000, which jsonb refuses.
  body json not null,
  created_at timestamptz not null default now(),
  primary key (source_id, block_hash, tx_hash)
);
create index chain_items_age on chain_items (created_at);
grant select, insert, delete on chain_items to smt_platform;

-- Which version of a monitor is in force from which block on; changes only with configuration. Coverage is computed
-- from this, source_ranges and monitor_failures.
create table monitor_spans (
  tenant_id uuid not null,
  id uuid not null default app.uuid_v7(),
  monitor_id uuid not null,
  monitor_version_id uuid not null,
  source_id uuid not null references chain_sources (id),
  from_block bigint not null,
  to_block bigint,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, monitor_id) references monitors (tenant_id, id),
  foreign key (tenant_id, monitor_version_id) references monitor_versions (tenant_id, id)
);
create unique index monitor_spans_open on monitor_spans (tenant_id, monitor_id, source_id) where to_block is null;
create index monitor_spans_monitor on monitor_spans (tenant_id, monitor_id, from_block);
-- Platform index: the leader closes the spans of its source.
create index monitor_spans_source on monitor_spans (source_id) where to_block is null;
select app.guard_tenant_table('monitor_spans', 'select', 'select, insert, update');

-- A block that one monitor could not be evaluated on: retried, and a gap of that monitor alone until resolved.
create table monitor_failures (
  tenant_id uuid not null,
  id uuid not null default app.uuid_v7(),
  monitor_id uuid not null,
  monitor_version_id uuid not null,
  source_id uuid not null references chain_sources (id),
  block_number bigint not null,
  block_hash text not null,
  error text not null,
  attempts integer not null default 1,
  next_attempt_at timestamptz not null default now() + interval '10 seconds',
  resolved_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, monitor_id) references monitors (tenant_id, id),
  foreign key (tenant_id, monitor_version_id) references monitor_versions (tenant_id, id)
);
create unique index monitor_failures_block
  on monitor_failures (tenant_id, monitor_version_id, source_id, block_hash);
-- Platform index: the leader retries what is due on its source.
create index monitor_failures_due on monitor_failures (source_id, next_attempt_at) where resolved_at is null;
select app.guard_tenant_table('monitor_failures', 'select', 'select, insert, update');

create trigger touch before update on monitor_failures for each row execute function app.touch_updated_at();
