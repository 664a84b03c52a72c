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

-- Nothing looks for due rows across all tenants any more, and no plan is to be tempted to.
drop index deliveries_due;

-- What may begin now, tenant by tenant between p_after and p_until, at most p_tenants_max tenants: of each trigger as
-- many as have room, urgent ones first. Whatever waits behind a cap, a full host or a failing trigger is passed over by
-- the index and hides nobody. A function because its small plans are kept: planned anew, the look costs more than it finds.
create function app.list_due(
  p_after uuid, p_until uuid, p_tenants_max integer, p_per_tenant_max integer, p_per_trigger_max integer,
  p_tenants uuid[], p_tenant_counts integer[], p_triggers uuid[], p_trigger_counts integer[], p_held uuid[])
  returns table (
    tenant_id uuid, weight integer, busy integer, id uuid, match_at timestamptz, trigger_id uuid, is_probe boolean,
    turn integer, is_urgent boolean, next_attempt_at timestamptz)
  language plpgsql stable set search_path = pg_catalog, public
  as $$
  #variable_conflict use_column
  declare
    next_id uuid;
    lane uuid;
    at_tenant uuid := p_after;
    tenants_found integer := 0;
    lane_busy integer;
    room integer;
    taken integer;
    any_taken boolean;
    health record;
    urgency boolean;
    r record;
  begin
    loop
      select d.tenant_id into next_id from deliveries d
      where d.state in ('pending', 'sending') and d.tenant_id > at_tenant order by d.tenant_id limit 1;
      exit when next_id is null or next_id > p_until;
      at_tenant := next_id;
      select t.delivery_weight into weight from tenants t where t.id = at_tenant and t.is_active and t.state = 'active';
      continue when not found;
      busy := coalesce(p_tenant_counts[array_position(p_tenants, at_tenant)], 0);
      continue when busy >= weight * p_per_tenant_max;
      any_taken := false;
      lane := '00000000-0000-0000-0000-000000000000';
      loop
        select d.trigger_id into next_id from deliveries d
        where d.state in ('pending', 'sending') and d.tenant_id = at_tenant and d.trigger_id > lane
        order by d.trigger_id limit 1;
        exit when next_id is null;
        lane := next_id;
        continue when lane = any (p_held);
        select h.open_until, h.disabled_at into health from trigger_health h
        where h.tenant_id = at_tenant and h.trigger_id = lane;
        continue when health.disabled_at is not null or health.open_until > now();
        lane_busy := coalesce(p_trigger_counts[array_position(p_triggers, lane)], 0);
        room := case when health.open_until is null then p_per_trigger_max else 1 end - lane_busy;
        taken := 0;
        foreach urgency in array array[true, false] loop
          exit when taken >= room;
          for r in
            select d.id, d.match_at, d.next_attempt_at from deliveries d
            where d.state in ('pending', 'sending') and d.tenant_id = at_tenant and d.trigger_id = lane
              and d.is_urgent = urgency and d.next_attempt_at <= now() and (d.state = 'pending' or d.lease_until <= now())
              -- What is told of a match that lives again waits for what is told of its earlier incarnation, so that a
              -- receiver hears of both in their order; but not for a retraction that has failed already.
              and (d.incarnation = 1 or not exists (
                select from deliveries e
                where e.tenant_id = d.tenant_id and e.match_id = d.match_id and e.trigger_id = d.trigger_id
                  and e.match_at = d.match_at and e.incarnation < d.incarnation
                  and (e.state = 'sending' or e.kind = 'retraction' and e.state = 'pending' and e.round = 0)))
            order by d.next_attempt_at
            limit room - taken
          loop
            taken := taken + 1;
            any_taken := true;
            tenant_id := at_tenant; id := r.id; match_at := r.match_at; trigger_id := lane;
            is_probe := health.open_until is not null; turn := lane_busy + taken;
            is_urgent := urgency; next_attempt_at := r.next_attempt_at;
            return next;
          end loop;
        end loop;
      end loop;
      if any_taken then
        tenants_found := tenants_found + 1;
        exit when tenants_found >= p_tenants_max;
      end if;
    end loop;
  end
  $$;
grant execute on function
  app.list_due(uuid, uuid, integer, integer, integer, uuid[], integer[], uuid[], integer[], uuid[]) to smt_platform;
