-- The secret that a trigger signed with before, for as long as its receiver may still check with it.

alter table triggers
  -- Sealed like the secrets of the configuration, bound to this column.
  add column previous_secret text,
  add column previous_secret_valid_until timestamptz,
  add constraint triggers_previous_secret check ((previous_secret is null) = (previous_secret_valid_until is null));

-- Platform index and rights: upkeep erases what has expired, whoever's it is, and nothing else.
create index triggers_previous_secret_end on triggers (previous_secret_valid_until) where previous_secret is not null;
grant update (previous_secret, previous_secret_valid_until) on triggers to smt_platform;

-- Erasing it is no change of the trigger.
drop trigger touch on triggers;
create trigger touch before update on triggers for each row
  when (old.version is distinct from new.version or old.is_active is distinct from new.is_active)
  execute function app.touch_updated_at();
