-- The budget of requests to tenants' own nodes: what each process sent for a tenant in the last minute, and one leader for
-- all own networks of a tenant.

create table rpc_use (
  tenant_id uuid not null references tenants (id),
  -- The process that sent them, by an id of its run.
  reporter uuid not null,
  requests integer not null check (requests >= 0),
  measured_at timestamptz not null default now(),
  primary key (tenant_id, reporter)
);
-- Platform index: what processes that ended have left.
create index rpc_use_age on rpc_use (measured_at);
select app.guard_tenant_table('rpc_use', 'select', 'select, insert, update, delete');

-- Own networks were leased by their own ids, so that several processes could spend one tenant's budget, each in full.
-- The new epoch fences whoever leads them now.
do $$
  begin
    alter table public.networks no force row level security;
    update public.chain_sources s
    set lease_key = 'own:' || get_byte(sha256(convert_to(n.tenant_id::text, 'UTF8')), 0), epoch = s.epoch + 1
    from public.networks n
    where n.source_id = s.id and s.kind = 'own';
    alter table public.networks force row level security;
  end
$$;
