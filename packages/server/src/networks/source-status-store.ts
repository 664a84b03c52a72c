import { sql, type TenantTx } from '../platform/db/tx.ts'

export type SourceState = 'idle' | 'following' | 'catching_up' | 'failing' | 'stopped'

/** What ingestion last said about a chain source. */
export type SourceRow = {
  sourceId: string
  state: SourceState
  statusCode: string | null
  statusMessage: string | null
  headNumber: bigint | null
  confirmedNumber: bigint | null
  cursorNumber: bigint | null
  cursorHash: string | null
  cursorTime: Date | null
  failingSince: Date | null
  polledAt: Date | null
  undecodedParts: bigint
  undecodedBlock: bigint | null
}

export async function listSources(tx: TenantTx, sourceIds: readonly string[]): Promise<SourceRow[]> {
  return tx.rows(sql<SourceRow>`
    select s.id as "sourceId", s.state, s.status_code as "statusCode", s.status_message as "statusMessage",
      s.head_number as "headNumber", s.confirmed_number as "confirmedNumber", s.cursor_number as "cursorNumber",
      s.cursor_hash as "cursorHash", s.cursor_time as "cursorTime", s.failing_since as "failingSince",
      s.polled_at as "polledAt", s.undecoded_parts as "undecodedParts", s.undecoded_block as "undecodedBlock"
    from app.tenant_sources s
    where s.id = any (${[...sourceIds]}::uuid[])`)
}

export type GapRow = {
  fromBlock: bigint
  toBlock: bigint
  state: 'skipped' | 'unavailable'
  reason: string | null
  createdAt: Date
}

/** The latest ranges of a source that were not evaluated. */
export async function listGaps(tx: TenantTx, sourceId: string, limit: number): Promise<GapRow[]> {
  return tx.rows(sql<GapRow>`
    select r.from_block as "fromBlock", r.to_block as "toBlock", r.state, r.reason, r.created_at as "createdAt"
    from app.tenant_source_ranges r
    where r.source_id = ${sourceId} and r.state <> 'evaluated'
    order by r.from_block desc
    limit ${limit}`)
}
