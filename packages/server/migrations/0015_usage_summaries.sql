-- Usage of all tenants by day and month, for operators. Row-level security does not reach materialized views, so nobody
-- but the platform role may read them; a tenant asks usage_hours, behind its wall.
-- They belong to smt_door, which is the one role without a login that has a policy to see the rows of all tenants: the
-- owner of the tables sees none.
grant select on usage_hours to smt_door;
create policy door_rows on usage_hours for select to smt_door using (true);

set local role smt_door;

create materialized view app.usage_daily as
  select h.tenant_id, h.day, sum(h.evaluations)::bigint as evaluations, sum(h.matches)::bigint as matches,
    sum(h.deliveries)::bigint as deliveries, coalesce(sum(h.rpc_calls_own), 0)::bigint as rpc_calls_own,
    coalesce(sum(h.rpc_calls_shared), 0)::bigint as rpc_calls_shared, coalesce(max(h.storage_bytes), 0)::bigint as storage_bytes
  from (
    select tenant_id, date_trunc('day', hour, 'UTC') as day, sum(evaluations) as evaluations, sum(matches) as matches,
      sum(deliveries) as deliveries, sum(storage_bytes) as storage_bytes,
      -- The rows of monitors repeat their parts of these.
      sum(rpc_calls_own) filter (where monitor_id = '00000000-0000-0000-0000-000000000000') as rpc_calls_own,
      sum(rpc_calls_shared) filter (where monitor_id = '00000000-0000-0000-0000-000000000000') as rpc_calls_shared
    from public.usage_hours group by tenant_id, hour) h
  group by h.tenant_id, h.day;
create unique index usage_daily_key on app.usage_daily (tenant_id, day);
create index usage_daily_day on app.usage_daily (day);

create materialized view app.usage_monthly as
  select tenant_id, date_trunc('month', day, 'UTC') as month, sum(evaluations)::bigint as evaluations,
    sum(matches)::bigint as matches, sum(deliveries)::bigint as deliveries,
    sum(rpc_calls_own)::bigint as rpc_calls_own,
    sum(rpc_calls_shared)::bigint as rpc_calls_shared, max(storage_bytes) as storage_bytes
  from app.usage_daily group by 1, 2;
create unique index usage_monthly_key on app.usage_monthly (tenant_id, month);
create index usage_monthly_month on app.usage_monthly (month);

grant select on app.usage_daily, app.usage_monthly to smt_platform;

-- Readers go on with what they had until both are done.
create function app.refresh_usage_summaries() returns void
  language plpgsql volatile security definer set search_path = pg_catalog
  as $$
  begin
    refresh materialized view concurrently app.usage_daily;
    refresh materialized view concurrently app.usage_monthly;
  end
  $$;
grant execute on function app.refresh_usage_summaries() to smt_platform;
