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
