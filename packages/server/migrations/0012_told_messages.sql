-- Retractions that answer the message they take back, explorers of shared networks, and the retention of what was left out.

alter table deliveries
  -- What the channel called the message that it accepted: written from a receiver's answer, so it is small and of a form
  -- that triggers/channels/sent-message.ts knows. Null where channels name nothing, and for what was sent before.
  add column sent_message jsonb,
  -- Of an alert that was told in a digest: the retraction that takes it back, together with others of that digest.
  add column retraction_id uuid,
  add constraint deliveries_sent_message check (octet_length(sent_message::text) <= 512);
create index deliveries_retracted_in on deliveries (tenant_id, retraction_id) where retraction_id is not null;

-- Where people look at transactions of a network that the operator offers.
alter table shared_networks add column explorer_url text;
set local role smt_door;
create or replace view app.shared_network_list with (security_barrier = true) as
  select network_id, source_id, name, network_type, configuration -> 'chain_id' as chain_id, is_active, created_at, updated_at,
    explorer_url
  from public.shared_networks
  where app.current_tenant() is not null;
set local role smt_owner;

-- Maintenance deletes them when they are old.
grant delete on notice_deliveries, source_rollbacks to smt_platform;
-- Platform indexes: what is old enough, whoever's it is.
create index notice_deliveries_finished on notice_deliveries (updated_at) where state <> 'pending';
create index source_rollbacks_age on source_rollbacks (created_at);

-- As in 0010, but an alert that lives again also waits for a retraction that takes it back together with others of its
-- digest, and for a digest that is just being sent.
create or replace function app.list_due(
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
                left join deliveries g on g.tenant_id = e.tenant_id and g.id = coalesce(e.retraction_id, e.digest_id)
                where e.tenant_id = d.tenant_id and e.match_id = d.match_id and e.trigger_id = d.trigger_id
                  and e.match_at = d.match_at and e.incarnation < d.incarnation
                  and (e.state = 'sending' or g.state = 'sending'
                    or e.kind = 'retraction' and e.state = 'pending' and e.round = 0
                    or g.kind = 'retraction' and g.state = 'pending' and g.round = 0)))
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
