import { sql } from '../platform/db/tx.ts'

/** What a retraction is made of, in the order of the selects that make one; `o` is what it takes back. */
export const retractionColumns = sql`tenant_id, match_at, match_id, monitor_id, trigger_id, incarnation, kind, match_count, retracts`

/** A replay hides that a delivery was delivered; its attempts do not. */
export const wasDelivered = sql`exists (
  select from attempts a where a.tenant_id = o.tenant_id and a.delivery_id = o.id and a.outcome = 'delivered')`

/** Whether the receiver has this delivery, or may have it. Not asked of one that is being sent. */
export const wasTold = sql`(o.state = 'delivered'
  or o.state <> 'sending' and (o.maybe_told or o.replay_count > 0 and ${wasDelivered}))`
