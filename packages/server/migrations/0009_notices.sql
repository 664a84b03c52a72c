-- Notices go through one of the tenant's triggers when it chooses one; they wait in an outbox of their own.

alter table tenants
  add column notice_trigger_id uuid,
  add constraint tenants_notice_trigger foreign key (id, notice_trigger_id) references triggers (tenant_id, id);

create table notice_deliveries (
  tenant_id uuid not null,
  notice_id uuid not null,
  trigger_id uuid not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'dead', 'cancelled')),
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  give_up_at timestamptz not null default now() + interval '24 hours',
  lease_id uuid,
  error_class text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, notice_id),
  foreign key (tenant_id, notice_id) references notices (tenant_id, id) on delete cascade,
  foreign key (tenant_id, trigger_id) references triggers (tenant_id, id)
);
create index notice_deliveries_due on notice_deliveries (tenant_id, next_attempt_at) where state = 'pending';
select app.guard_tenant_table('notice_deliveries', 'select', 'select, insert, update');
create trigger touch before update on notice_deliveries for each row execute function app.touch_updated_at();

-- In the transaction of the notice itself, whoever raises it; a repetition that only counts up is not sent again.
create function app.queue_notice() returns trigger
  language plpgsql set search_path = pg_catalog, public
  as $$
  begin
    insert into notice_deliveries (tenant_id, notice_id, trigger_id)
    select t.id, new.id, r.id
    from tenants t join triggers r on r.tenant_id = t.id and r.id = t.notice_trigger_id
    where t.id = new.tenant_id and t.is_active and r.is_active;
    return null;
  end
  $$;
grant execute on function app.queue_notice() to smt_platform;
create trigger queue after insert on notices for each row execute function app.queue_notice();
