import { type EventRecord, type NodeRecord, toid } from './node-records.ts'
import type { StellarFaults } from './faults.ts'
import { errorCode, NodeError } from './rpc-error.ts'
import { checkFormat, type Params, readPage, readParams, readSequence } from './rpc-params.ts'
import type { NodeView } from './rpc-view.ts'

/** A node looks at so many ledgers at once. */
const scanLimit = 10_000
const largestLimit = 10_000

/**
 * `getEvents`: from a ledger or behind a cursor; `endLedger` is exclusive. A page that is not full ends with the cursor
 * of the end of what was looked at, so the cursor always moves.
 */
export function getEvents(params: Params, view: NodeView, faults: StellarFaults): NodeRecord {
  checkFormat(params)
  const page = readPage(params)
  const startLedger = readSequence(params, 'startLedger')
  const endAsked = readSequence(params, 'endLedger')
  if (page.cursor !== '' && (startLedger !== 0 || endAsked !== 0))
    throw new NodeError(errorCode.invalidParams, 'ledger ranges and cursor cannot both be set')
  if (page.cursor === '' && startLedger === 0)
    throw new NodeError(errorCode.invalidParams, 'startLedger must be positive')
  if (page.limit !== undefined && page.limit > largestLimit)
    throw new NodeError(errorCode.invalidParams, `limit must not exceed ${largestLimit}`)
  const filters = readFilters(params['filters'])
  const start = page.cursor === '' ? startLedger : ledgerOfCursor(page.cursor)
  if (start < view.oldest.sequence || start > view.latest.sequence)
    throw new NodeError(
      errorCode.invalidRequest,
      `startLedger must be within the ledger range: ${view.oldest.sequence} - ${view.latest.sequence}`,
    )
  const end = Math.min(start + scanLimit, view.latest.sequence + 1, endAsked === 0 ? Number.MAX_SAFE_INTEGER : endAsked)
  const limit = view.pageSize(page.limit, 100)

  const found: EventRecord[] = []
  for (let sequence = start; sequence < end && found.length < limit; sequence += 1) {
    const candidates = (view.ledger(sequence)?.events ?? []).filter(
      ({ id, record }) => id > page.cursor && (filters.length === 0 || filters.some((matches) => matches(record))),
    )
    found.push(...candidates.slice(0, limit - found.length))
  }
  return {
    events: found.map(({ record }) => withFaults(record, faults)),
    cursor: found.length === limit ? (found.at(-1)?.id ?? page.cursor) : endCursor(end - 1),
    latestLedger: view.latest.sequence,
    oldestLedger: view.oldest.sequence,
    latestLedgerCloseTime: String(view.latest.closeTime),
    oldestLedgerCloseTime: String(view.oldest.closeTime),
  }
}

type Filter = (event: NodeRecord) => boolean

function readFilters(filters: unknown): Filter[] {
  if (filters === undefined || filters === null) return []
  if (!Array.isArray(filters)) throw new NodeError(errorCode.invalidParams, 'filters must be a list')
  if (filters.length > 5) throw new NodeError(errorCode.invalidParams, 'maximum 5 filters per request')
  return filters.map((filter, index) => readFilter(readParams(filter), index + 1))
}

function readFilter({ type = '', contractIds = [], topics = [] }: Params, position: number): Filter {
  const refuse = (why: string) => new NodeError(errorCode.invalidParams, `filter ${position} invalid: ${why}`)
  if (typeof type !== 'string') throw refuse('filter type invalid')
  const types = type === '' ? [] : type.split(',')
  if (types.some((name) => name !== 'contract' && name !== 'system'))
    throw refuse("filter type invalid: if set, type must be either 'system' or 'contract'")
  if (!Array.isArray(contractIds)) throw refuse('contractIds must be a list')
  if (contractIds.length > 5) throw refuse('maximum 5 contract IDs per filter')
  if (!Array.isArray(topics)) throw refuse('topics must be a list')
  if (topics.length > 5) throw refuse('maximum 5 topics per filter')
  return (event) =>
    (types.length === 0 || types.includes(String(event['type']))) &&
    (contractIds.length === 0 || contractIds.includes(event['contractId'])) &&
    (topics.length === 0 || topics.some((topic) => matchesTopics(topic, event['topic'])))
}

/** `*` stands for one topic, `**` at the end for any number. */
function matchesTopics(filter: unknown, topics: unknown): boolean {
  if (!Array.isArray(filter) || !Array.isArray(topics)) return false
  const isOpen = filter.at(-1) === '**'
  const segments = isOpen ? filter.slice(0, -1) : filter
  if (isOpen ? topics.length < segments.length : topics.length !== segments.length) return false
  return segments.every((segment, index) => segment === '*' || segment === topics[index])
}

function ledgerOfCursor(cursor: string): number {
  const parts = /^(\d+)-(\d+)$/.exec(cursor)
  if (parts === null) throw new NodeError(errorCode.invalidParams, `invalid event id ${cursor}`)
  return Number(BigInt(parts[1] ?? '') >> 32n)
}

function endCursor(ledger: number): string {
  return `${toid(ledger, 0xf_ffff, 0xfff).toString().padStart(19, '0')}-4294967295`
}

function withFaults(record: NodeRecord, { dropsDeprecated }: StellarFaults): NodeRecord {
  if (!dropsDeprecated) return { ...record }
  const { inSuccessfulContractCall: _, ...rest } = record
  return rest
}
