-- Stellar beside EVM: which family of chains a match is of, what match objects show of a ledger, and what could not be
-- decoded.

alter table matches
  add column family text not null default 'EVM',
  -- Where in the transaction each thing that matched happened, for families that tell.
  add column positions json;

-- What match objects show of the block itself, once for all matches in it.
create table chain_blocks (
  source_id uuid not null references chain_sources (id),
  block_hash text not null,
  block_number bigint not null,
  -- json, not jsonb: chain data may hold U+0000, which jsonb refuses.
  body json not null,
  -- Whether the bulk of the body was dropped: it is megabytes, and shown only while alerts are young.
  is_trimmed boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (source_id, block_hash)
);
create index chain_blocks_age on chain_blocks (created_at);
create index chain_blocks_whole on chain_blocks (created_at) where not is_trimmed;
grant select, insert, update, delete on chain_blocks to smt_platform;
grant select on chain_blocks to smt_door;

-- Parts of blocks that this version cannot decode: how many there were, and where the last one was.
alter table chain_sources
  add column undecoded_parts bigint not null default 0,
  add column undecoded_block bigint;

-- The leader tells those who watch a contract of its upgrade.
grant select on monitor_addresses to smt_platform;
-- Platform index: who watches a contract.
create index monitor_addresses_watchers on monitor_addresses (address_key);
create policy platform_rows on monitor_addresses as permissive for all to smt_platform using (true) with check (true);

set local role smt_door;

create view app.tenant_chain_blocks with (security_barrier = true) as
  select b.*
  from public.chain_blocks b
  where exists (
    select from public.matches m
    where m.source_id = b.source_id and m.block_hash = b.block_hash);

create or replace view app.tenant_sources with (security_barrier = true) as
  select s.*
  from public.chain_sources s
  where app.current_tenant() is not null
    and (exists (select from public.shared_networks h where h.source_id = s.id)
      or exists (select from public.networks n where n.source_id = s.id));

grant select on app.tenant_chain_blocks to smt_app;

set local role smt_owner;
