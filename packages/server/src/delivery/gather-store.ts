import { sql, type PlatformTx } from '../platform/db/tx.ts'
import type { TriggerKey } from './health-store.ts'
import { retractionColumns, wasTold } from './told-store.ts'

const membersMax = 5_000

/**
 * Puts the alerts that wait for a trigger into one digest when they are more than `moreThan`: they end as `digested`, the
 * digest names the oldest. What may have been told, or was asked for by a replay, stays single. Returns how many.
 */
export async function gatherWaiting(
  tx: PlatformTx,
  { tenantId, triggerId, isUrgent, moreThan }: TriggerKey & { isUrgent: boolean; moreThan: number },
): Promise<number> {
  return tx.execute(sql`
    with waiting as (
      select d.tenant_id, d.id, d.match_at, d.match_id, d.monitor_id, d.incarnation, d.created_at from deliveries d
      where d.tenant_id = ${tenantId} and d.trigger_id = ${triggerId} and d.state = 'pending' and d.kind = 'alert'
        and d.is_urgent = ${isUrgent} and d.orphaned_at is null and not d.maybe_told and d.replay_count = 0
      order by d.created_at, d.id
      limit ${membersMax}
      for update skip locked
    ), first as (
      select w.* from waiting w
      where not exists (
        select from deliveries e
        where e.tenant_id = w.tenant_id and e.match_id = w.match_id and e.trigger_id = ${triggerId}
          and e.incarnation = w.incarnation and e.kind = 'digest')
      order by w.created_at, w.id
      limit 1
    ), digest as (
      insert into deliveries (tenant_id, match_at, match_id, monitor_id, trigger_id, incarnation, kind, match_count, is_urgent, is_gathered)
      select f.tenant_id, f.match_at, f.match_id, f.monitor_id, ${triggerId}, f.incarnation, 'digest',
        (select count(*) from waiting), ${isUrgent}, true
      from first f
      where (select count(*) from waiting) > ${moreThan}
      returning id
    )
    update deliveries d set state = 'digested', digest_id = g.id, finished_at = now()
    from waiting w, digest g
    where d.tenant_id = w.tenant_id and d.id = w.id and d.match_at = w.match_at`)
}

export type DigestKey = { tenantId: string; id: string }

type DigestState = DigestKey & { state: string; wasTold: boolean; isFirstGone: boolean }

/**
 * Digests some of whose alerts are of blocks that left the chain. One that was told, or may have been: those alerts are
 * retracted together, in one answer to the digest. One that waits is made smaller, or dissolved when its first alert is gone: the alerts
 * that hold wait again. One that is being sent is marked, and whoever records its outcome calls this again.
 * Returns how many retractions are new.
 */
export async function settleDigests(tx: PlatformTx, digests: readonly DigestKey[]): Promise<number> {
  const locked = await tx.rows(sql<DigestState>`
    select o.tenant_id as "tenantId", o.id, o.state, (${wasTold}) as "wasTold",
      exists (
        select from deliveries f
        where f.tenant_id = o.tenant_id and f.digest_id = o.id and f.match_id = o.match_id and f.orphaned_at is not null
      ) as "isFirstGone"
    from unnest(${digests.map(({ tenantId }) => tenantId)}::uuid[], ${digests.map(({ id }) => id)}::uuid[]) as k (tenant_id, id)
    join deliveries o on o.tenant_id = k.tenant_id and o.id = k.id
    for update of o`)
  let retracted = 0
  for (const digest of locked) {
    if (digest.state === 'sending') await markDigest(tx, digest)
    else {
      if (digest.wasTold && (await retractMembers(tx, digest))) retracted += 1
      if (digest.state === 'pending' && !digest.isFirstGone) await shrinkDigest(tx, digest)
      else if (digest.state !== 'delivered') await dissolveDigest(tx, digest)
    }
  }
  return retracted
}

async function markDigest(tx: PlatformTx, { tenantId, id }: DigestKey): Promise<void> {
  await tx.execute(sql`update deliveries set orphaned_at = now() where tenant_id = ${tenantId} and id = ${id}`)
}

/**
 * One retraction for those alerts of a digest that left the chain and were not taken back before. It names the first of
 * them: what leaves later makes a retraction of its own. False when there is none.
 */
async function retractMembers(tx: PlatformTx, { tenantId, id }: DigestKey): Promise<boolean> {
  const updated = await tx.execute(sql`
    with gone as (
      select d.* from deliveries d
      where d.tenant_id = ${tenantId} and d.digest_id = ${id} and d.orphaned_at is not null and d.retraction_id is null
        -- Before there were retractions of many, each alert of a digest had its own.
        and not exists (
          select from deliveries r
          where r.tenant_id = d.tenant_id and r.match_id = d.match_id and r.match_at = d.match_at
            and r.trigger_id = d.trigger_id and r.incarnation = d.incarnation and r.kind = 'retraction')
    ), retraction as (
      insert into deliveries (${retractionColumns}, is_gathered)
      select o.tenant_id, o.match_at, o.match_id, o.monitor_id, o.trigger_id, o.incarnation, 'retraction',
        (select count(*) from gone), ${id}, true
      from gone o order by o.created_at, o.id limit 1
      on conflict do nothing
      returning id
    )
    update deliveries d set retraction_id = r.id
    from gone g, retraction r
    where d.tenant_id = g.tenant_id and d.id = g.id and d.match_at = g.match_at`)
  return updated > 0
}

async function shrinkDigest(tx: PlatformTx, { tenantId, id }: DigestKey): Promise<void> {
  await tx.execute(sql`
    update deliveries set orphaned_at = null, match_count = (
      select count(*) from deliveries m where m.tenant_id = ${tenantId} and m.digest_id = ${id} and m.orphaned_at is null)
    where tenant_id = ${tenantId} and id = ${id}`)
}

/** What was given up with its digest stays given up, and can be replayed. */
async function dissolveDigest(tx: PlatformTx, { tenantId, id, state }: DigestState): Promise<void> {
  const isDead = state === 'dead'
  await tx.execute(sql`
    update deliveries set state = ${isDead ? 'dead' : 'pending'}, digest_id = null, next_attempt_at = now(),
      finished_at = case when ${isDead} then finished_at end
    where tenant_id = ${tenantId} and digest_id = ${id} and orphaned_at is null and state = 'digested'`)
  await tx.execute(sql`
    update deliveries set state = 'cancelled', error_class = 'match_orphaned', orphaned_at = coalesce(orphaned_at, now()),
      finished_at = coalesce(finished_at, now())
    where tenant_id = ${tenantId} and id = ${id}`)
}
