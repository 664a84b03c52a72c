-- Reorganisations below the cursor: the record of each rollback, and deliveries that take an alert back.

-- One row for each time that a cursor was moved back to the block that both branches have in common.
create table source_rollbacks (
  source_id uuid not null references chain_sources (id),
  id uuid not null default app.uuid_v7(),
  from_number bigint not null,
  from_hash text not null,
  to_number bigint not null,
  to_hash text not null,
  orphaned_matches bigint not null,
  created_at timestamptz not null default now(),
  primary key (source_id, id)
);
grant select, insert on source_rollbacks to smt_platform;

-- What is rolled back is not evaluated any more: its range is cut, or is gone.
grant delete on source_ranges to smt_platform;

-- Platform index: a rollback cuts the spans that end above the ancestor.
create index monitor_spans_closed on monitor_spans (source_id, to_block) where to_block is not null;

alter table deliveries
  -- When the block of the match left the chain, for this incarnation of it; set by the rollback, never taken back.
  add column orphaned_at timestamptz,
  -- A process died while it sent this: whether the receiver has it, nobody knows.
  add column maybe_told boolean not null default false,
  -- Of a retraction: the delivery that it takes back.
  add column retracts uuid,
  drop constraint deliveries_kind_check,
  add constraint deliveries_kind_check check (kind in ('alert', 'digest', 'retraction'));
alter table deliveries add constraint deliveries_retracts check ((kind = 'retraction') = (retracts is not null));
