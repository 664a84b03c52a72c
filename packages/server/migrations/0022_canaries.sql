-- The two tenants with which an installation tests its own wall. No tenant may write here: whether one is a canary is
-- not its own to say. Lists and sums for operators leave them out.
create table canaries (
  id uuid primary key references tenants (id),
  slug text not null,
  user_id uuid not null references users (id),
  created_at timestamptz not null default now()
);
grant select, insert on canaries to smt_platform;
