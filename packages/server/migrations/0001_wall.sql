-- The wall: schema, tenant context and the one function that puts a table behind it (docs/architecture.md, "The wall").
-- Roles are made by `migrate` before the first file runs: smt_owner (owns every table, never logs in),
-- smt_door (owns the functions that answer before a tenant is known, never logs in), smt_app and smt_platform (log in).

-- Nothing is executable by everybody: each function is granted by name.
set local role smt_door;
alter default privileges revoke execute on functions from public;
set local role smt_owner;
alter default privileges revoke execute on functions from public;

create schema app;
grant usage on schema app to smt_app, smt_platform, smt_door;
grant create on schema app to smt_door;

-- The tenant of this transaction, null when none is set. `nullif`: after the first SET LOCAL of a session the setting
-- reads '' instead of null. A later migration signs the setting; only this body changes then.
create function app.current_tenant() returns uuid
  language sql stable set search_path = pg_catalog
  as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;

-- Time-ordered ids (RFC 9562 UUIDv7) for rows that are made inside the database; PostgreSQL 15 has no function for them.
create function app.uuid_v7() returns uuid
  language sql volatile set search_path = pg_catalog
  as $$
    select encode(
      set_bit(set_bit(
        overlay(uuid_send(gen_random_uuid())
          placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
        52, 1), 53, 1),
      'hex')::uuid
  $$;

create function app.touch_updated_at() returns trigger
  language plpgsql set search_path = pg_catalog
  as $$ begin new.updated_at := now(); return new; end $$;
grant execute on function app.current_tenant(), app.uuid_v7(), app.touch_updated_at() to smt_app, smt_platform, smt_door;

-- Puts one tenant table behind the wall: row-level security enabled and forced, twin policies for the application role
-- (the restrictive one cannot be widened by a later policy, the permissive one makes its loss a default deny), and one
-- open policy for the platform role when that role works on the table at all.
-- `app_rights` and `platform_rights` are privilege lists such as 'select, insert'; '' grants nothing.
create function app.guard_tenant_table(target regclass, app_rights text, platform_rights text) returns void
  language plpgsql set search_path = pg_catalog
  as $$
  begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy tenant_wall on %s as restrictive for all to smt_app '
      'using (tenant_id = (select app.current_tenant())) with check (tenant_id = (select app.current_tenant()))', target);
    execute format('create policy tenant_rows on %s as permissive for all to smt_app '
      'using (tenant_id = (select app.current_tenant())) with check (tenant_id = (select app.current_tenant()))', target);
    if app_rights <> '' then
      execute format('grant %s on %s to smt_app', app_rights, target);
    end if;
    if platform_rights <> '' then
      execute format('create policy platform_rows on %s as permissive for all to smt_platform '
        'using (true) with check (true)', target);
      execute format('grant %s on %s to smt_platform', platform_rights, target);
    end if;
  end
  $$;

-- Monthly partitions of the four time-ordered tables, each behind the wall itself (a parent's policy does not protect a
-- partition that is queried directly). A month whose rows already sit in the default partition keeps using that one.
create function app.ensure_partitions(first_month date, months integer) returns void
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
  declare
    parent text;
    part text;
    month date;
  begin
    foreach parent in array array['matches', 'deliveries', 'attempts', 'audit_events'] loop
      for step in 0 .. months - 1 loop
        month := (date_trunc('month', first_month) + make_interval(months => step))::date;
        part := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
        continue when to_regclass('public.' || part) is not null;
        begin
          execute format('create table public.%I partition of public.%I for values from (%L) to (%L)',
            part, parent, month, (month + interval '1 month')::date);
          perform app.guard_tenant_table(('public.' || part)::regclass, '', '');
        exception when check_violation or duplicate_table then
          null;
        end;
      end loop;
    end loop;
  end
  $$;
grant execute on function app.ensure_partitions(date, integer) to smt_platform;

-- Drops partitions that lie wholly before the cut-off and hold no row that was stored after it (a chain's own clock may
-- be far behind: such rows are kept as long as any other).
create function app.drop_expired_partitions(alerts_before timestamptz, audit_before timestamptz) returns integer
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
  declare
    part record;
    cutoff timestamptz;
    is_live boolean;
    dropped integer := 0;
  begin
    for part in
      select c.oid::regclass as name, p.relname as parent
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
      join pg_class p on p.oid = i.inhparent
      where p.relname in ('matches', 'deliveries', 'attempts', 'audit_events')
        and p.relnamespace = 'public'::regnamespace
        and c.relname ~ '_[0-9]{4}_[0-9]{2}$'
        and to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <=
          (case when p.relname = 'audit_events' then audit_before else alerts_before end)
    loop
      cutoff := case when part.parent = 'audit_events' then audit_before else alerts_before end;
      -- The owner sees no rows through its own forced policies, so they are lifted for this look inside one transaction.
      execute format('alter table %s no force row level security', part.name);
      execute format('select exists (select from %s where created_at >= %L)', part.name, cutoff) into is_live;
      execute format('alter table %s force row level security', part.name);
      if not is_live then
        execute format('drop table %s', part.name);
        dropped := dropped + 1;
      end if;
    end loop;
    return dropped;
  end
  $$;
grant execute on function app.drop_expired_partitions(timestamptz, timestamptz) to smt_platform;
