-- A limit may be lower than what is used already (a smaller plan): nothing is taken away, only more is refused. So the guard
-- looks at steps, not at states: no transaction of a tenant moves a counter up beyond its limit, whatever its statements
-- forget. The platform writes what it has counted.
alter table quotas
  drop constraint quota_not_exceeded,
  add constraint quota_counted check (used >= 0 and lim >= 0);

create function app.guard_quota() returns trigger
  language plpgsql set search_path = pg_catalog
  as $$
  begin
    if current_user = 'smt_app' then
      raise exception 'the quota % is used up', new.quota
        using errcode = 'check_violation', constraint = 'quota_not_exceeded', table = 'quotas';
    end if;
    return new;
  end
  $$;
grant execute on function app.guard_quota() to smt_app, smt_platform;
create trigger guard before update on quotas for each row
  when (new.used > old.used and new.used > new.lim) execute function app.guard_quota();
