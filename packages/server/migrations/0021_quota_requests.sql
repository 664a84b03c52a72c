-- What owners ask of the operator: another limit. Approved, it becomes the tenant's own.
create table quota_requests (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  quota text not null,
  value integer not null check (value > 0),
  reason text not null check (reason <> ''),
  state text not null default 'open' check (state in ('open', 'approved', 'declined', 'withdrawn')),
  requested_by text not null,
  -- The limit when it was asked for.
  limit_before integer not null,
  -- What the operator says to it.
  answer text,
  decided_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint quota_requests_decided check ((state = 'open') = (decided_at is null)),
  constraint quota_requests_declined check (state <> 'declined' or answer is not null)
);
-- One open request per quota.
create unique index quota_requests_open on quota_requests (tenant_id, quota) where state = 'open';
-- Platform index: operators read those of all tenants, newest first.
create index quota_requests_recent on quota_requests (id desc);
select app.guard_tenant_table('quota_requests', 'select, insert, update (state, decided_at)', 'select, update');
create trigger touch before update on quota_requests for each row execute function app.touch_updated_at();
