import { z } from 'zod'
import { NotFoundError } from '../platform/errors.ts'
import { filterText } from '../tenants/filter-text.ts'
import { decodeCursor, encodeCursor, page, pageQuery } from '../tenants/page.ts'
import { tenantRoute, type Route } from '../tenants/route.ts'
import { matchObjectOf } from './match-object.ts'
import { matchAnswer, matchCountsAnswer, matchPage, severities } from './match-schema.ts'
import { countMatchesByDay, findMatch, listMatches, type MatchFilter, type MatchRow } from './match-store.ts'
import { cursorSchema, isUuid, positionOf, timeText } from './position.ts'

const list = '/tenants/:slug/matches'
const tag = 'matches'
const filterShape = {
  monitor: filterText.optional().meta({ description: 'The monitor_id.' }),
  network: filterText.optional().meta({ description: 'The network_id.' }),
  since: timeText.optional().meta({ description: 'Found at this time or later.' }),
  until: timeText.optional().meta({ description: 'Found before this time.' }),
  tx_hash: filterText.optional(),
  severity: z.enum(severities).optional(),
  orphaned: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Whether the block has left the chain; both when absent.' }),
}
const listParams = z.object({ slug: z.string() })
const listQuery = z.object({ ...pageQuery, ...filterShape })
const countsQuery = z.object(filterShape)
const countsMax = 10_000

export function createMatchRoutes(): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listMatches',
      summary: 'List matches, newest first',
      tag,
      permission: 'matches:read',
      params: listParams,
      query: listQuery,
      responses: { 200: matchPage },
      handler: async ({ tenant, query, read }) => {
        const { limit, cursor } = query
        const after = cursor === undefined ? undefined : positionOf(decodeCursor(cursor, cursorSchema))
        const options = { filter: filterOf(query), after, limit: limit + 1 }
        const rows = await read((tx) => listMatches(tx, tenant.id, options))
        const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.position, row.id]))
        return { status: 200, body: { items: items.map(summaryOf), next_cursor } }
      },
    }),
    tenantRoute({
      method: 'GET',
      path: `${list}/counts`,
      operationId: 'countMatches',
      summary: 'Count matches per monitor and day',
      description: `Days are UTC, newest first; at most ${countsMax} rows.`,
      tag,
      permission: 'matches:read',
      params: listParams,
      query: countsQuery,
      responses: { 200: matchCountsAnswer },
      handler: async ({ tenant, query, read }) => {
        const options = { filter: filterOf(query), limit: countsMax }
        const rows = await read((tx) => countMatchesByDay(tx, tenant.id, options))
        const items = rows.map(({ monitorId, day, count }) => ({ monitor_id: monitorId, day, count }))
        return { status: 200, body: { items } }
      },
    }),
    tenantRoute({
      method: 'GET',
      path: `${list}/:match_id`,
      operationId: 'getMatch',
      summary: 'Read a match with its match object',
      tag,
      permission: 'matches:read',
      params: z.object({ slug: z.string(), match_id: z.string() }),
      responses: { 200: matchAnswer },
      handler: async ({ tenant, params: { match_id: id }, read }) => {
        const found = isUuid(id) ? await read((tx) => findMatch(tx, tenant.id, id)) : undefined
        if (found === undefined) throw new NotFoundError('The match')
        if (found.bodyRemovedAt !== null) return { status: 200, body: { ...summaryOf(found), match: null } }
        if (found.item === null) throw new Error('the transaction of a match is not stored')
        return { status: 200, body: { ...summaryOf(found), match: matchObjectOf(found) } }
      },
    }),
  ]
}

function filterOf({ tx_hash: txHash, ...rest }: z.output<typeof countsQuery>): MatchFilter {
  const { monitor, network, since, until, severity, orphaned } = rest
  // Hexadecimal hashes are stored in lower case; others are case-sensitive.
  return {
    monitor,
    network,
    since,
    until,
    severity,
    isOrphaned: orphaned === undefined ? undefined : orphaned === 'true',
    txHash: /^(0x|[0-9a-f]{64}$)/i.test(txHash ?? '') ? txHash?.toLowerCase() : txHash,
  }
}

function summaryOf(row: MatchRow) {
  return {
    id: row.id,
    monitor_id: row.monitorId,
    monitor_version: row.monitorVersion,
    network_id: row.networkId,
    block_number: row.blockNumber,
    block_hash: row.blockHash,
    block_time: row.blockTime.toISOString(),
    tx_hash: row.txHash,
    tx_index: row.txIndex,
    severity: row.severity,
    matched_on: row.matchedOn,
    positions: row.positions,
    body_removed_at: row.bodyRemovedAt?.toISOString() ?? null,
    orphaned_at: row.orphanedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  }
}
