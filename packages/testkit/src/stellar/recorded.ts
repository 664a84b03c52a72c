import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeRecord } from './node-records.ts'
import { errorCode, NodeError } from './rpc-error.ts'
import { type Params, readPage, readSequence } from './rpc-params.ts'

export type NodeMethods = Record<string, (params: Params) => unknown>

/**
 * Serves recorded answers unchanged: the ledgers of `blocks.json` from the one asked for, and all of
 * `transactions.json` and `events.json` whatever ledger is asked for, since recordings mix ledgers and networks.
 */
export function recordedMethods(directory: string, passphrase: string): NodeMethods {
  const ledgers = readList(join(directory, 'blocks.json')).map(unwrap)
  const transactions = readList(join(directory, 'transactions.json'))
  const events = readList(join(directory, 'events.json'))
  const sequences = ledgers.map(({ sequence }) => Number(sequence))
  const [oldest, latest] = [Math.min(...sequences), Math.max(...sequences)]
  const range = { latestLedger: latest, oldestLedger: oldest }
  const closeTimeOf = (wanted: number) =>
    Number(ledgers.find(({ sequence }) => sequence === wanted)?.['ledgerCloseTime'])
  const closeTimes = {
    latestLedgerCloseTimestamp: closeTimeOf(latest),
    oldestLedgerCloseTimestamp: closeTimeOf(oldest),
  }
  return {
    getHealth: () => ({ status: 'healthy', ...range, ledgerRetentionWindow: latest - oldest + 1 }),
    getNetwork: () => ({ passphrase, protocolVersion: 22 }),
    getLatestLedger: () => ({
      id: ledgers.find(({ sequence }) => sequence === latest)?.['hash'],
      protocolVersion: 22,
      sequence: latest,
    }),
    getLedgers: (params) => {
      const page = readPage(params)
      const start = page.cursor === '' ? readSequence(params, 'startLedger') : Number(page.cursor) + 1
      if (start < oldest || start > latest)
        throw new NodeError(
          page.cursor === '' ? errorCode.invalidRequest : errorCode.invalidParams,
          `start ledger (${start}) must be between the oldest ledger: ${oldest} ` +
            `and the latest ledger: ${latest} for this rpc instance`,
        )
      const found = ledgers.filter(({ sequence }) => Number(sequence) >= start).slice(0, page.limit ?? 50)
      return { ledgers: found, ...range, ...closeTimes, cursor: String(Number(found.at(-1)?.['sequence'] ?? start)) }
    },
    getTransactions: (params) => ({ ...range, ...closeTimes, ...pageOf('transactions', transactions, params) }),
    getEvents: (params) => ({ ...range, ...pageOf('events', events, params) }),
    getLedgerEntries: () => ({ entries: [], latestLedger: latest }),
  }
}

// A recording has no positions of its own, so cursors count items.
function pageOf(name: string, items: NodeRecord[], params: Params) {
  const { cursor, limit = 200 } = readPage(params)
  const start = cursor === '' ? 0 : Number(cursor)
  const page = items.slice(start, start + limit)
  return { [name]: page, cursor: String(start + page.length) }
}

function readList(path: string): NodeRecord[] {
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!Array.isArray(list)) throw new Error(`${path} is no list`)
  return list.map((item: unknown) => recordOf(item))
}

function unwrap(record: NodeRecord): NodeRecord {
  return 'Stellar' in record ? recordOf(record['Stellar']) : record
}

function recordOf(value: unknown): NodeRecord {
  if (typeof value !== 'object' || value === null) throw new Error('a recording holds something that is no object')
  return { ...value }
}
