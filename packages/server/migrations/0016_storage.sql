-- What a tenant stores, in bytes: added up where rows are written, and what of a match may go when there is too much.
-- The rule (docs/operations.md, "Storage of a tenant"): bytes of the JSON as text, and a fixed figure for the row itself
-- with its indexes. Neither compression nor vacuum changes it, and what is taken off is what was put on.

-- Changes since they were last added up. Appended only: a counter row would make all writers of a tenant wait in line.
create table storage_changes (
  tenant_id uuid not null,
  id bigint generated always as identity,
  part text not null,
  -- Of tables that are dropped month by month; else the epoch.
  month date not null default 'epoch',
  bytes bigint not null,
  primary key (tenant_id, id)
);

create table storage_use (
  tenant_id uuid not null,
  part text not null,
  month date not null,
  bytes bigint not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, part, month)
);
create trigger touch before update on storage_use for each row execute function app.touch_updated_at();

alter table matches
  -- When what matched, and the transaction of an own network, were removed to make room. The match stays.
  add column body_removed_at timestamptz;
-- The oldest that may be removed.
create index matches_with_body on matches (tenant_id, created_at, id)
  where body_removed_at is null and fanout_state = 'done';

-- Without a pinned search_path, so that they become part of the statement; they name nothing but built-in functions.
create function app.match_body_bytes(matched_on json, matched_on_args json, positions json) returns bigint
  language sql immutable
  as $$ select octet_length(matched_on::text)::bigint + octet_length(matched_on_args::text)
    + coalesce(octet_length(positions::text), 0) $$;
create function app.item_bytes(body json) returns bigint
  language sql immutable
  as $$ select 512 + octet_length(body::text)::bigint $$;
create function app.configuration_bytes(configuration jsonb, labels jsonb, extensions jsonb) returns bigint
  language sql immutable
  as $$ select 512 + octet_length(configuration::text)::bigint + octet_length(labels::text) + octet_length(extensions::text) $$;
create function app.audit_bytes(before jsonb, after jsonb) returns bigint
  language sql immutable
  as $$ select 512 + coalesce(octet_length(before::text), 0)::bigint + coalesce(octet_length(after::text), 0) $$;
grant execute on function app.match_body_bytes(json, json, json), app.item_bytes(json),
  app.configuration_bytes(jsonb, jsonb, jsonb), app.audit_bytes(jsonb, jsonb) to smt_app, smt_platform, smt_door;

-- One row for each tenant and month of a statement, however many rows it wrote.
create function app.count_matches() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, month, bytes)
    select tenant_id, 'matches', date_trunc('month', match_at at time zone 'UTC')::date,
      sum(1024 + app.match_body_bytes(matched_on, matched_on_args, positions))
    from added group by 1, 3;
    return null;
  end $$;
create function app.count_deliveries() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, month, bytes)
    select tenant_id, 'deliveries', date_trunc('month', match_at at time zone 'UTC')::date, count(*) * 1024
    from added group by 1, 3;
    return null;
  end $$;
create function app.count_attempts() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, month, bytes)
    select tenant_id, 'attempts', date_trunc('month', started_at at time zone 'UTC')::date, count(*) * 512
    from added group by 1, 3;
    return null;
  end $$;
create function app.count_audit_events() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, month, bytes)
    select tenant_id, 'audit_events', date_trunc('month', occurred_at at time zone 'UTC')::date,
      sum(app.audit_bytes(before, after))
    from added group by 1, 3;
    return null;
  end $$;
create function app.count_notices() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, bytes)
    select tenant_id, 'notices', count(*) * 1024 from added group by 1;
    return null;
  end $$;
create function app.count_monitor_versions() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, bytes)
    select tenant_id, 'configurations', sum(app.configuration_bytes(configuration, labels, extensions)) from added group by 1;
    return null;
  end $$;

-- Transactions and blocks are stored once for all: a shared network's are the operator's, an own one's its tenant's.
create function app.count_items() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  declare
    sign constant integer := case tg_op when 'DELETE' then -1 else 1 end;
  begin
    insert into storage_changes (tenant_id, part, bytes)
    select n.tenant_id, 'transactions', sign * sum(app.item_bytes(r.body))
    from affected r join networks n on n.source_id = r.source_id group by 1;
    return null;
  end $$;
create function app.recount_blocks() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, bytes)
    select n.tenant_id, 'transactions', sum(r.bytes)
    from (
      select source_id, app.item_bytes(body) as bytes from added
      union all select source_id, -app.item_bytes(body) from removed) r
    join networks n on n.source_id = r.source_id group by 1 having sum(r.bytes) <> 0;
    return null;
  end $$;

-- The body of a match goes, or comes back with its block.
create function app.recount_match() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  begin
    insert into storage_changes (tenant_id, part, month, bytes) values (
      new.tenant_id, 'matches', date_trunc('month', new.match_at at time zone 'UTC')::date,
      case when new.body_removed_at is null
        then app.match_body_bytes(new.matched_on, new.matched_on_args, new.positions)
        else -app.match_body_bytes(old.matched_on, old.matched_on_args, old.positions) end);
    return null;
  end $$;

-- What a tenant configures counts while it exists; a deleted monitor gives its versions back as well.
create function app.count_configuration() returns trigger language plpgsql set search_path = pg_catalog, public as $$
  declare
    change bigint := 0;
  begin
    if tg_op = 'UPDATE' and old.is_active then
      change := change - app.configuration_bytes(old.configuration, old.labels, old.extensions);
    end if;
    if new.is_active then
      change := change + app.configuration_bytes(new.configuration, new.labels, new.extensions);
    end if;
    if tg_table_name = 'monitors' and tg_op = 'UPDATE' and old.is_active and not new.is_active then
      change := change - (
        select coalesce(sum(app.configuration_bytes(v.configuration, v.labels, v.extensions)), 0)
        from monitor_versions v where v.tenant_id = new.tenant_id and v.monitor_id = new.id);
    end if;
    if change <> 0 then
      insert into storage_changes (tenant_id, part, bytes) values (new.tenant_id, 'configurations', change);
    end if;
    return null;
  end $$;

create trigger count_storage after insert on matches referencing new table as added
  for each statement execute function app.count_matches();
create trigger recount_storage after update on matches for each row
  when ((old.body_removed_at is null) <> (new.body_removed_at is null))
  execute function app.recount_match();
create trigger count_storage after insert on deliveries referencing new table as added
  for each statement execute function app.count_deliveries();
create trigger count_storage after insert on attempts referencing new table as added
  for each statement execute function app.count_attempts();
create trigger count_storage after insert on audit_events referencing new table as added
  for each statement execute function app.count_audit_events();
create trigger count_storage after insert on notices referencing new table as added
  for each statement execute function app.count_notices();
create trigger count_storage after insert on monitor_versions referencing new table as added
  for each statement execute function app.count_monitor_versions();
create trigger count_storage after insert on chain_items referencing new table as affected
  for each statement execute function app.count_items();
create trigger uncount_storage after delete on chain_items referencing old table as affected
  for each statement execute function app.count_items();
create trigger count_storage after insert on chain_blocks referencing new table as affected
  for each statement execute function app.count_items();
create trigger uncount_storage after delete on chain_blocks referencing old table as affected
  for each statement execute function app.count_items();
create trigger recount_storage after update on chain_blocks referencing old table as removed new table as added
  for each statement execute function app.recount_blocks();
create trigger count_storage after insert on networks
  for each row execute function app.count_configuration();
create trigger recount_storage after update on networks
  for each row execute function app.count_configuration();
create trigger count_storage after insert on triggers
  for each row execute function app.count_configuration();
create trigger recount_storage after update on triggers
  for each row execute function app.count_configuration();
create trigger count_storage after insert on monitors
  for each row execute function app.count_configuration();
-- A match moves last_match_at only.
create trigger recount_storage after update on monitors for each row
  when (old.version is distinct from new.version or old.is_active is distinct from new.is_active)
  execute function app.count_configuration();

-- What is stored already. The owner sees no rows through its own forced policies, so they are lifted for this look.
do $$
  declare
    guarded text;
  begin
    foreach guarded in array array['matches', 'deliveries', 'attempts', 'audit_events', 'notices', 'networks', 'triggers',
      'monitors', 'monitor_versions'] loop
      execute format('alter table public.%I no force row level security', guarded);
    end loop;
    insert into public.storage_use (tenant_id, part, month, bytes)
    select tenant_id, part, month, sum(bytes) from (
      select tenant_id, 'matches' as part, date_trunc('month', match_at at time zone 'UTC')::date as month,
        1024 + app.match_body_bytes(matched_on, matched_on_args, positions) as bytes from public.matches
      union all
      select tenant_id, 'deliveries', date_trunc('month', match_at at time zone 'UTC')::date, 1024 from public.deliveries
      union all
      select tenant_id, 'attempts', date_trunc('month', started_at at time zone 'UTC')::date, 512 from public.attempts
      union all
      select tenant_id, 'audit_events', date_trunc('month', occurred_at at time zone 'UTC')::date,
        app.audit_bytes(before, after) from public.audit_events
      union all
      select tenant_id, 'notices', 'epoch', 1024 from public.notices
      union all
      select n.tenant_id, 'transactions', 'epoch', app.item_bytes(i.body)
        from public.chain_items i join public.networks n on n.source_id = i.source_id
      union all
      select n.tenant_id, 'transactions', 'epoch', app.item_bytes(b.body)
        from public.chain_blocks b join public.networks n on n.source_id = b.source_id
      union all
      select tenant_id, 'configurations', 'epoch', app.configuration_bytes(configuration, labels, extensions)
        from public.networks where is_active
      union all
      select tenant_id, 'configurations', 'epoch', app.configuration_bytes(configuration, labels, extensions)
        from public.triggers where is_active
      union all
      select tenant_id, 'configurations', 'epoch', app.configuration_bytes(configuration, labels, extensions)
        from public.monitors where is_active
      union all
      select v.tenant_id, 'configurations', 'epoch', app.configuration_bytes(v.configuration, v.labels, v.extensions)
        from public.monitor_versions v join public.monitors m on m.tenant_id = v.tenant_id and m.id = v.monitor_id
        where m.is_active) s
    group by 1, 2, 3;
    foreach guarded in array array['matches', 'deliveries', 'attempts', 'audit_events', 'notices', 'networks', 'triggers',
      'monitors', 'monitor_versions'] loop
      execute format('alter table public.%I force row level security', guarded);
    end loop;
  end
$$;

select app.guard_tenant_table('storage_changes', 'select, insert', 'select, insert, delete');
select app.guard_tenant_table('storage_use', 'select', 'select, insert, update, delete');
-- The first audit event of a tenant is written by the door.
grant insert on storage_changes to smt_door;
create policy door_rows on storage_changes for insert to smt_door with check (true);
