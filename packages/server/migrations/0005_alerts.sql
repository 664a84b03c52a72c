-- Matches, deliveries, attempts: partitioned by time. The time of a match is its block's time, so the same block always
-- falls into the same partition and the uniqueness of match_key holds across all of them.

create table matches (
  tenant_id uuid not null,
  id uuid not null default app.uuid_v7(),
  match_at timestamptz not null,
  match_key bytea not null,
  monitor_id uuid not null,
  monitor_version_id uuid not null,
  source_id uuid not null,
  network_id text not null,
  block_number bigint not null,
  block_hash text not null,
  tx_hash text not null,
  tx_index integer not null,
  severity text not null,
  -- json, not jsonb: strings of a chain may hold U+0000, which jsonb refuses.
  matched_on json not null,
  matched_on_args json not null,
  with_receipt boolean not null,
  fanout_state text not null default 'pending' check (fanout_state in ('pending', 'done')),
  incarnation integer not null default 1,
  orphaned_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id, match_at)
) partition by range (match_at);
create table matches_default partition of matches default;
create unique index matches_key on matches (tenant_id, match_key, match_at);
create index matches_recent on matches (tenant_id, created_at desc, id desc);
create index matches_monitor on matches (tenant_id, monitor_id, created_at desc, id desc);
create index matches_item on matches (tenant_id, source_id, block_hash, tx_hash);
-- Platform index: whether any match still needs a transaction.
create index matches_of_item on matches (source_id, block_hash, tx_hash);
-- Platform index: a pending match is the outbox.
create index matches_outbox on matches (created_at) where fanout_state = 'pending';
select app.guard_tenant_table('matches', 'select', 'select, insert, update');
select app.guard_tenant_table('matches_default', '', '');

create table deliveries (
  tenant_id uuid not null,
  id uuid not null default app.uuid_v7(),
  match_at timestamptz not null,
  match_id uuid not null,
  monitor_id uuid not null,
  trigger_id uuid not null,
  incarnation integer not null,
  kind text not null default 'alert' check (kind in ('alert', 'digest')),
  match_count integer not null default 1,
  state text not null default 'pending'
    check (state in ('pending', 'sending', 'delivered', 'dead', 'cancelled', 'digested', 'filtered')),
  attempt_count integer not null default 0,
  round integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  give_up_at timestamptz not null default now() + interval '24 hours',
  lease_id uuid,
  lease_until timestamptz,
  error_class text,
  replay_count integer not null default 0,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id, match_at)
) partition by range (match_at);
create table deliveries_default partition of deliveries default;
create unique index deliveries_once
  on deliveries (tenant_id, match_id, trigger_id, incarnation, kind, match_at);
create index deliveries_recent on deliveries (tenant_id, created_at desc, id desc);
create index deliveries_trigger on deliveries (tenant_id, trigger_id, created_at desc, id desc);
-- Platform index: what is due, or was left by a process that died.
create index deliveries_due on deliveries (next_attempt_at) where state in ('pending', 'sending');
select app.guard_tenant_table('deliveries', 'select, update', 'select, insert, update');
select app.guard_tenant_table('deliveries_default', '', '');

create table attempts (
  tenant_id uuid not null,
  id uuid not null default app.uuid_v7(),
  started_at timestamptz not null,
  delivery_id uuid not null,
  number integer not null,
  outcome text not null check (outcome in ('delivered', 'failed')),
  http_status integer,
  error_class text,
  latency_ms integer not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id, started_at)
) partition by range (started_at);
create table attempts_default partition of attempts default;
create index attempts_delivery on attempts (tenant_id, delivery_id, started_at);
select app.guard_tenant_table('attempts', 'select', 'select, insert');
select app.guard_tenant_table('attempts_default', '', '');

create trigger touch before update on deliveries for each row execute function app.touch_updated_at();
