-- Fair dispatch, the health of receivers, and digests of alerts that a receiver has no room for.

-- How many turns a tenant has where others of weight 1 have one.
alter table tenants add column delivery_weight integer not null default 1 check (delivery_weight between 1 and 100);

alter table deliveries
  -- Of a critical match: told before all others of its trigger.
  add column is_urgent boolean not null default false,
  -- Of a digested alert: the delivery that tells it.
  add column digest_id uuid,
  -- Of a digest: it stands for alerts that were deliveries of their own, not for a block with too many matches.
  add column is_gathered boolean not null default false;

-- Platform index: the look for what is due goes from tenant to tenant and from trigger to trigger.
create index deliveries_waiting on deliveries (tenant_id, trigger_id, is_urgent, next_attempt_at)
  where state in ('pending', 'sending');
create index deliveries_digested on deliveries (tenant_id, digest_id) where digest_id is not null;

-- Triggers whose receiver fails; a trigger without a row is well.
create table trigger_health (
  tenant_id uuid not null,
  trigger_id uuid not null,
  -- Failed rounds in a row, of whichever deliveries.
  failed_rounds integer not null default 0,
  failed_attempts integer not null default 0,
  failing_since timestamptz not null default now(),
  error_class text not null,
  -- Nothing is sent before this time, then one delivery to see; null while the failures are few.
  open_until timestamptz,
  -- Given up: nothing is sent until the trigger is saved again.
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, trigger_id),
  foreign key (tenant_id, trigger_id) references triggers (tenant_id, id)
);
select app.guard_tenant_table('trigger_health', 'select, update, delete', 'select, insert, update, delete');
create trigger touch before update on trigger_health for each row execute function app.touch_updated_at();
