import {
  ChainDataError,
  hashOfResults,
  type JsonValue,
  type LedgerData,
  type ParsedLedger,
  parseStellarEvent,
  parseStellarLedger,
  parseStellarTransaction,
  readLedgerOf,
  type StellarEvent,
  type StellarTransaction,
} from '@smt/engine'
import { isJsonObject } from './json-rpc-response.ts'
import { inconsistent, RpcError } from './rpc-error.ts'
import type { EndpointCall } from './rpc-pool.ts'
import { type Page, readEventCursor, readTransactionCursor } from './stellar-page.ts'
import { createPageLimit, type Listing, listLedgerItems } from './stellar-paging.ts'

export type FetchLedger = (call: EndpointCall, number: bigint) => Promise<LedgerData>

const transactionsMax = 50_000
const eventsMax = 200_000

/** What a ledger is and the hash of its transactions' results, by one `getLedgers`. */
export function fetchLedgerHeader(call: EndpointCall, number: bigint): Promise<ParsedLedger> {
  const params = { startLedger: Number(number), pagination: { limit: 1 } }
  return call(ledgersMethod, params, (result) => readLedger(number, result))
}

const ledgersMethod = 'getLedgers'

/**
 * Fetches a whole ledger from one endpoint: one `getLedgers`, the pages of `getTransactions`, and those of `getEvents`
 * if there are transactions. It is complete as far as what the node says can be held against the rest that it says.
 *
 * @throws RpcError
 */
export function createLedgerFetching(): FetchLedger {
  const transactionListing = { ...transactions, limit: createPageLimit([200, 100, 50, 10]) }
  const eventListing = { ...events, limit: createPageLimit([10_000, 1_000, 200, 100, 10]) }

  return async (call, number) => {
    const { ledger, resultsHash } = await fetchLedgerHeader(call, number)
    const listed = await listLedgerItems(call, transactionListing, number, {
      read: readTransaction,
      isComplete: (collected) => collected.length > 0 && hashOfResults(collected) === resultsHash,
    })
    checkTransactions(listed, resultsHash)
    if (listed.length === 0) return { ledger, transactions: [], events: [] }
    const byHash = new Map(listed.map((transaction) => [transaction.hash, transaction]))
    const transactionOf = (hash: string): StellarTransaction => {
      const transaction = byHash.get(hash)
      if (transaction === undefined) throw inconsistent(events.method, 'an event of a transaction outside the ledger')
      return transaction
    }
    const happened = await listLedgerItems(call, eventListing, number, {
      read: ({ value, pointer }) => parseStellarEvent(value, pointer, transactionOf),
    })
    checkEvents(happened)
    return { ledger, transactions: listed, events: happened }
  }
}

const transactions: Omit<Listing, 'limit'> = {
  method: 'getTransactions',
  list: 'transactions',
  readCursor: readTransactionCursor,
  first: () => ({}),
  next: {},
  positionBits: 32n,
  // The cursor is that of the last transaction seen, so within the ledger more may follow.
  isAtEnd: ({ ledger }, number) => ledger > number,
  afterEmptyPage: 'end',
  endsAtTip: true,
  itemsMax: transactionsMax,
}

const filters = [{ type: 'contract' }, { type: 'system' }]

const events: Omit<Listing, 'limit'> = {
  method: 'getEvents',
  list: 'events',
  readCursor: readEventCursor,
  first: (number) => ({ endLedger: Number(number + 1n), filters }),
  // With a cursor, nodes take no `endLedger`.
  next: { filters },
  positionBits: 64n,
  // Once a node has searched a ledger to its end, the cursor is the last position that there can be in it.
  isAtEnd: ({ position }, number) => position >= ((number + 1n) << 64n) - 1n,
  afterEmptyPage: 'next page',
  endsAtTip: false,
  itemsMax: eventsMax,
}

function readLedger(number: bigint, result: JsonValue): ParsedLedger {
  if (!isJsonObject(result)) throw new ChainDataError('', 'must be an object')
  const list = result['ledgers']
  if (!Array.isArray(list)) throw new ChainDataError('/ledgers', 'must be an array')
  if (readLedgerOf(result, '', 'latestLedger') < number)
    throw new RpcError('null_result', ledgersMethod, { detail: 'the ledger has not closed there' })
  const [first] = list
  if (first === undefined) throw inconsistent(ledgersMethod, 'no ledger although it has closed')
  const parsed = parseStellarLedger(first, '/ledgers/0')
  if (parsed.ledger.sequence !== number) throw inconsistent(ledgersMethod, 'another ledger')
  return parsed
}

function readTransaction({ value, pointer }: Page['items'][number]): StellarTransaction {
  const transaction = parseStellarTransaction(value, pointer)
  if (!/^[0-9a-f]{64}$/.test(transaction.hash))
    throw new ChainDataError(`${pointer}/txHash`, 'must be 32 bytes in lower-case hexadecimal')
  return transaction
}

/** Nodes number the transactions of a ledger from 1 without a gap, and list them in that order. */
function checkTransactions(listed: readonly StellarTransaction[], resultsHash: string): void {
  const { method } = transactions
  if ((listed.length === 0) !== (resultsHash === hashOfResults([])))
    throw inconsistent(
      method,
      listed.length === 0 ? 'no transactions although there are some' : 'transactions in an empty ledger',
    )
  for (const [index, { applicationOrder }] of listed.entries())
    if (applicationOrder !== index + 1) throw inconsistent(method, 'a transaction missing, twice or out of order')
  if (new Set(listed.map(({ hash }) => hash)).size !== listed.length) throw inconsistent(method, 'a transaction twice')
}

function checkEvents(listed: readonly StellarEvent[]): void {
  if (new Set(listed.map(({ id }) => id)).size !== listed.length) throw inconsistent(events.method, 'an event twice')
}
