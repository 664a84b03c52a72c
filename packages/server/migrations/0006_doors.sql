-- The doors that open before a tenant is known, and the windows through which a tenant sees platform rows.
-- All are owned by smt_door, which never logs in and has policies of its own on exactly these tables. A test lists every
-- function and view here: there are no others.

grant select, insert, update on users, sessions to smt_door;
grant select, insert, update, delete on refresh_tokens to smt_door;
grant select, insert on tenants, memberships to smt_door;
grant select, update on api_keys to smt_door;
grant insert on tenant_keys, quotas, audit_events to smt_door;
create policy door_rows on users for all to smt_door using (true) with check (true);
create policy door_rows on sessions for all to smt_door using (true) with check (true);
create policy door_rows on refresh_tokens for all to smt_door using (true) with check (true);
create policy door_rows on tenants for all to smt_door using (true) with check (true);
create policy door_rows on memberships for all to smt_door using (true) with check (true);
create policy door_rows on api_keys for all to smt_door using (true) with check (true);
create policy door_rows on tenant_keys for insert to smt_door with check (true);
create policy door_rows on quotas for insert to smt_door with check (true);
create policy door_rows on audit_events for insert to smt_door with check (true);

-- Windows: platform rows that concern the current tenant.
grant select on chain_sources, shared_networks, source_ranges, chain_items to smt_door;
grant select on networks, matches to smt_door;
create policy door_window on networks for select to smt_door using (tenant_id = (select app.current_tenant()));
create policy door_window on matches for select to smt_door using (tenant_id = (select app.current_tenant()));

set local role smt_door;

create view app.shared_network_list with (security_barrier = true) as
  select network_id, source_id, name, network_type, configuration -> 'chain_id' as chain_id, is_active, created_at, updated_at
  from public.shared_networks
  where app.current_tenant() is not null;

create view app.tenant_sources with (security_barrier = true) as
  select s.*
  from public.chain_sources s
  where app.current_tenant() is not null
    and (exists (select from public.shared_networks h where h.source_id = s.id)
      or exists (select from public.networks n where n.source_id = s.id));

create view app.tenant_source_ranges with (security_barrier = true) as
  select r.*
  from public.source_ranges r
  where exists (select from app.tenant_sources s where s.id = r.source_id);

create view app.tenant_chain_items with (security_barrier = true) as
  select i.*
  from public.chain_items i
  where exists (
    select from public.matches m
    where m.source_id = i.source_id and m.block_hash = i.block_hash and m.tx_hash = i.tx_hash);

-- Login: the stored hash of exactly the e-mail presented.
create function app.find_login(p_email text) returns table (user_id uuid, email text, password_hash text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select u.id, u.email, u.password_hash from users u
    where u.email_key = lower(btrim(p_email)) and u.is_active
  $$;

create function app.open_session(p_session uuid, p_user uuid, p_token_hash bytea, p_expires_at timestamptz) returns void
  language sql volatile security definer set search_path = pg_catalog, public
  as $$
    insert into sessions (id, user_id, expires_at) values (p_session, p_user, p_expires_at);
    insert into refresh_tokens (token_hash, session_id) values (p_token_hash, p_session);
  $$;

-- Refresh with rotation (RFC 9700 section 4.14): a token is good once; its immediate reuse within the grace period
-- (a lost answer) yields the same successor; any later reuse ends the whole family.
create function app.rotate_refresh_token(p_token_hash bytea, p_successor_hash bytea, p_grace interval)
  returns table (outcome text, session_id uuid, user_id uuid, email text)
  language plpgsql volatile security definer set search_path = pg_catalog, public
  as $$
  declare
    token refresh_tokens;
    family sessions;
    person users;
    successor refresh_tokens;
  begin
    select * into token from refresh_tokens t where t.token_hash = p_token_hash;
    if not found then
      return query select 'unknown'::text, null::uuid, null::uuid, null::text;
      return;
    end if;
    select * into family from sessions s where s.id = token.session_id for update;
    select * into token from refresh_tokens t where t.token_hash = p_token_hash;
    select * into person from users u where u.id = family.user_id;
    if family.revoked_at is not null or family.expires_at <= clock_timestamp() or not person.is_active then
      return query select 'ended'::text, family.id, person.id, person.email;
      return;
    end if;
    if token.spent_at is null then
      update refresh_tokens t set spent_at = clock_timestamp() where t.token_hash = p_token_hash;
      insert into refresh_tokens (token_hash, session_id) values (p_successor_hash, family.id);
      return query select 'rotated'::text, family.id, person.id, person.email;
      return;
    end if;
    select * into successor from refresh_tokens t where t.token_hash = p_successor_hash;
    if token.spent_at > clock_timestamp() - p_grace and found and successor.spent_at is null then
      return query select 'rotated'::text, family.id, person.id, person.email;
      return;
    end if;
    update sessions s set revoked_at = clock_timestamp(), revoke_reason = 'refresh_token_reused' where s.id = family.id;
    return query select 'reused'::text, family.id, person.id, person.email;
  end
  $$;

create function app.close_session(p_session uuid, p_reason text) returns void
  language sql volatile security definer set search_path = pg_catalog, public
  as $$
    update sessions set revoked_at = clock_timestamp(), revoke_reason = p_reason
    where id = p_session and revoked_at is null
  $$;

create function app.session_user_of(p_session uuid) returns table (user_id uuid, email text, created_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select u.id, u.email, u.created_at
    from sessions s join users u on u.id = s.user_id
    where s.id = p_session and s.revoked_at is null and s.expires_at > now() and u.is_active
  $$;

create function app.session_tenants(p_session uuid)
  returns table (tenant_id uuid, slug text, name text, role text, created_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select t.id, t.slug, t.name, m.role, t.created_at
    from app.session_user_of(p_session) u
    join memberships m on m.user_id = u.user_id
    join tenants t on t.id = m.tenant_id
    where t.is_active
    order by t.slug
  $$;

-- One row when the session lives; tenant columns are null unless its user is a member of that tenant.
create function app.session_membership(p_session uuid, p_slug text)
  returns table (user_id uuid, email text, tenant_id uuid, role text, tenant_state text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select u.user_id, u.email, m.tenant_id, m.role, m.state
    from app.session_user_of(p_session) u
    left join lateral (
      select t.id as tenant_id, x.role, t.state
      from tenants t join memberships x on x.tenant_id = t.id and x.user_id = u.user_id
      where t.slug = p_slug and t.is_active) m on true
  $$;

-- The key whose id and secret were both presented, whatever tenant it belongs to.
create function app.find_api_key(p_key_id text, p_secret_hash bytea)
  returns table (id uuid, name text, tenant_id uuid, slug text, tenant_state text, permissions jsonb, creator_role text)
  language plpgsql volatile security definer set search_path = pg_catalog, public
  as $$
  begin
    return query
      select k.id, k.name, k.tenant_id, t.slug, t.state, k.permissions, k.creator_role
      from api_keys k join tenants t on t.id = k.tenant_id
      where k.key_id = p_key_id and k.secret_hash = p_secret_hash
        and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()) and t.is_active;
    -- Last use is sampled by the minute, so that a busy key does not write on every request.
    update api_keys k set last_used_at = now()
    where k.key_id = p_key_id and k.secret_hash = p_secret_hash
      and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  end
  $$;

create function app.create_user(p_user uuid, p_email text, p_password_hash text) returns void
  language sql volatile security definer set search_path = pg_catalog, public
  as $$ insert into users (id, email, password_hash) values (p_user, btrim(p_email), p_password_hash) $$;

-- A tenant with its first owner, its data key and its default quotas. Quotas: design of the product, docs/api.md.
create function app.create_tenant(p_tenant uuid, p_slug text, p_name text, p_owner uuid, p_wrapped_key text) returns void
  language sql volatile security definer set search_path = pg_catalog, public
  as $$
    insert into tenants (id, slug, name) values (p_tenant, p_slug, p_name);
    insert into memberships (tenant_id, user_id, role) values (p_tenant, p_owner, 'owner');
    insert into tenant_keys (tenant_id, version, wrapped_key) values (p_tenant, 1, p_wrapped_key);
    insert into quotas (tenant_id, quota, lim) values
      (p_tenant, 'max_monitors', 10),
      (p_tenant, 'max_networks', 5),
      (p_tenant, 'max_triggers_per_monitor', 10),
      (p_tenant, 'max_rpc_requests_per_minute', 1000),
      (p_tenant, 'max_storage_mb', 1000);
  $$;

-- Inside a tenant: its members with their e-mails, and the person of an e-mail who is to become one.
create function app.member_directory() returns table (user_id uuid, email text, role text, created_at timestamptz)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select u.id, u.email, m.role, m.created_at
    from memberships m join users u on u.id = m.user_id
    where m.tenant_id = app.current_tenant()
  $$;

create function app.find_member_candidate(p_email text) returns table (user_id uuid, email text)
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select u.id, u.email from users u
    where app.current_tenant() is not null and u.email_key = lower(btrim(p_email)) and u.is_active
  $$;

grant select on app.shared_network_list, app.tenant_sources, app.tenant_source_ranges, app.tenant_chain_items to smt_app;
grant execute on function
  app.find_login(text), app.open_session(uuid, uuid, bytea, timestamptz),
  app.rotate_refresh_token(bytea, bytea, interval), app.close_session(uuid, text), app.session_user_of(uuid),
  app.session_tenants(uuid), app.session_membership(uuid, text), app.find_api_key(text, bytea),
  app.create_user(uuid, text, text), app.create_tenant(uuid, text, text, uuid, text),
  app.member_directory(), app.find_member_candidate(text)
  to smt_app;

set local role smt_owner;
select app.ensure_partitions((date_trunc('month', now()) - interval '1 month')::date, 4);
