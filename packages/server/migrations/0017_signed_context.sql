-- The tenant of a transaction is signed by the service, so that SQL which was smuggled into a tenant's transaction cannot
-- name another one (docs/decisions, "The tenant context is signed"). The keys are in a schema that no login may enter.
-- Until the first key is installed, which the service does when it starts, an unsigned tenant is believed: that is what
-- the previous release sends. From then on it is refused.

create schema wall;

-- RFC 2104 with the two padded forms of the key: an HMAC is then two calls of sha256, which PostgreSQL has.
create table wall.context_keys (
  kid text primary key check (kid ~ '^[0-9a-f]{16}$'),
  inner_key bytea not null check (length(inner_key) = 64),
  outer_key bytea not null check (length(outer_key) = 64),
  created_at timestamptz not null default now(),
  installed_at timestamptz not null default now()
);

-- What the context of this transaction says, once its signature and its expiry are right: `tenant:<id>`, `founding:<id>`
-- or `identity`; `plain:<id>` and `plain:` while there is no key; null without a context. Anything else raises 28000.
-- The expiry is held against the start of the transaction, so that none ends in the middle.
create function wall.context_subject() returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp
  as $$
  declare
    context text := current_setting('app.context', true);
    tenant text;
    signed text;
    known wall.context_keys;
  begin
    if context is null or context = '' then
      tenant := coalesce(current_setting('app.tenant_id', true), '');
      if not exists (select from wall.context_keys) then
        return 'plain:' || tenant;
      elsif tenant = '' then
        return null;
      end if;
      raise exception 'the tenant context is not signed' using errcode = '28000';
    end if;
    signed := left(context, -65);
    select * into known from wall.context_keys k where k.kid = split_part(context, '.', 3);
    -- Digests of both are compared: how far two of them agree tells nothing about the signature.
    if known.kid is null
      or sha256(convert_to(right(context, 64), 'UTF8')) is distinct from sha256(convert_to(encode(
        sha256(known.outer_key || sha256(known.inner_key || convert_to(signed, 'UTF8'))), 'hex'), 'UTF8'))
    then
      raise exception 'the tenant context is not valid' using errcode = '28000';
    elsif split_part(context, '.', 2)::bigint < extract(epoch from now()) then
      raise exception 'the tenant context has expired' using errcode = '28000',
        hint = 'Do the clocks of the service and of the database differ?';
    end if;
    return split_part(context, '.', 1);
  end
  $$;

create or replace function app.current_tenant() returns uuid
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$ begin return nullif(split_part(wall.context_subject(), ':', 2), '')::uuid; end $$;

-- For the functions that answer for a person or a key before a tenant is known, or that found a tenant: SQL smuggled into
-- the transaction of a tenant must not open somebody's session.
create function app.demand_context(variadic purposes text[]) returns void
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    if split_part(coalesce(wall.context_subject(), 'none'), ':', 1) <> all (purposes || array['plain']) then
      raise exception 'this function is not for the transactions of a tenant' using errcode = '42501';
    end if;
  end
  $$;
grant execute on function app.demand_context(text[]) to smt_door;

-- Called at every start of the service, with the key that it signs with. The other keys stay: replicas may use them.
-- Answers the time, by which the service sees whether the clocks agree.
create function app.install_context_key(p_kid text, p_inner_key bytea, p_outer_key bytea) returns timestamptz
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  as $$
  begin
    insert into wall.context_keys (kid, inner_key, outer_key) values (p_kid, p_inner_key, p_outer_key)
    on conflict (kid) do update set installed_at = now()
      where context_keys.inner_key = excluded.inner_key and context_keys.outer_key = excluded.outer_key;
    if not found then
      raise exception 'another context key has this id' using errcode = '28000';
    end if;
    return clock_timestamp();
  end
  $$;
grant execute on function app.install_context_key(text, bytea, bytea) to smt_platform;

-- Without a mention pg_temp is searched first: a login that could make temporary tables (`migrate` takes that right away)
-- would put one with a trigger in the way of a function that runs with more rights.
do $$
declare
  f record;
begin
  for f in
    select p.oid::regprocedure::text as name, p.proowner::regrole::text as owner,
      substring(c.setting from '^search_path=(.*)$') as path
    from pg_proc p cross join unnest(p.proconfig) as c (setting)
    where p.pronamespace = 'app'::regnamespace and p.prosecdef
      and c.setting like 'search_path=%' and c.setting not like '%pg_temp'
  loop
    execute format('set local role %I', f.owner);
    execute format('alter function %s set search_path = %s, pg_temp', f.name, f.path);
  end loop;
  set local role smt_owner;
end
$$;

-- Each function of migration 0006 begins with a look at the context; its body is otherwise what it was. The member
-- directory and the look for a candidate are for tenants and ask for one already.
set local role smt_door;
do $$
declare
  f record;
  definition text;
begin
  for f in
    select * from (values
      ('app.find_login(text)', $q$'identity'$q$),
      ('app.rotate_refresh_token(bytea, bytea, interval)', $q$'identity'$q$),
      ('app.close_session(uuid, text)', $q$'identity'$q$),
      ('app.session_user_of(uuid)', $q$'identity'$q$),
      ('app.session_tenants(uuid)', $q$'identity'$q$),
      ('app.session_membership(uuid, text)', $q$'identity'$q$),
      ('app.find_api_key(text, bytea)', $q$'identity'$q$),
      ('app.open_session(uuid, uuid, bytea, timestamptz)', $q$'identity', 'founding'$q$),
      ('app.create_user(uuid, text, text)', $q$'founding'$q$),
      ('app.create_tenant(uuid, text, text, uuid, text)', $q$'founding'$q$)) as t (name, purposes)
  loop
    definition := pg_get_functiondef(f.name::regprocedure);
    if definition like '%LANGUAGE sql%' then
      definition := replace(definition, 'AS $function$', format('AS $function$ select app.demand_context(%s);', f.purposes));
    else
      definition := regexp_replace(definition, '\mbegin\M', format('begin perform app.demand_context(%s);', f.purposes));
    end if;
    execute definition;
  end loop;
end
$$;

-- As before, with the context read once instead of once per row.
create or replace function app.member_directory()
  returns table (user_id uuid, email text, role text, created_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public, pg_temp
  as $$
    select u.id, u.email, m.role, m.created_at
    from memberships m join users u on u.id = m.user_id
    where m.tenant_id = (select app.current_tenant())
  $$;
set local role smt_owner;
