-- What became of each recipient of a message that not all of them accepted: it is repeated for the others alone. Null: all.

alter table deliveries add column recipient_states jsonb;
alter table notice_deliveries add column recipient_states jsonb;
