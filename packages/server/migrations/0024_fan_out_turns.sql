-- Fan-out takes pending matches tenant by tenant; the oldest of all (matches_outbox) is what operators are shown.
create index matches_outbox_of_tenant on matches (tenant_id, created_at) where fanout_state = 'pending';
