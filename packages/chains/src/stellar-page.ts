import { ChainDataError, type JsonValue, readLedgerOf } from '@smt/engine'
import { isJsonObject } from './json-rpc-response.ts'
import { inconsistent, RpcError } from './rpc-error.ts'

/** Where a list goes on. `position` grows along the chain; `ledger` is that of the last item before it. */
export type Cursor = { text: string; position: bigint; ledger: bigint }

/** What a page of `getTransactions` or `getEvents` says about one ledger. */
export type Page = {
  /** Items of that ledger, each with its place in the answer. */
  items: { value: JsonValue; pointer: string }[]
  isEmpty: boolean
  /** Whether items of later ledgers follow. */
  isPastLedger: boolean
  /** Undefined when the node gives none. */
  cursor: Cursor | undefined
  latestLedger: bigint
}

export type PageShape = {
  method: string
  /** The member that holds the items. */
  list: string
  readCursor: (text: string) => Cursor | undefined
}

/**
 * Reads a page asked for from `number` on. The items must come in the order of their ledgers and none from before.
 *
 * @throws RpcError `null_result` when the node has not got that far: it would answer an empty page; `inconsistent_block`
 * for items of the wrong ledger. ChainDataError when the page is malformed.
 */
export function readPage({ method, list, readCursor }: PageShape, number: bigint, result: JsonValue): Page {
  if (!isJsonObject(result)) throw new ChainDataError('', 'must be an object')
  const values = result[list]
  if (!Array.isArray(values)) throw new ChainDataError(`/${list}`, 'must be an array')
  const latestLedger = readLedgerOf(result, '', 'latestLedger')
  if (latestLedger < number) throw new RpcError('null_result', method, { detail: 'the ledger has not closed there' })
  const items: Page['items'] = []
  let isPastLedger = false
  for (const [index, value] of values.entries()) {
    const pointer = `/${list}/${index}`
    const ledger = readLedgerOf(value, pointer, 'ledger')
    if (ledger < number || (isPastLedger && ledger === number)) throw inconsistent(method, 'an item of another ledger')
    if (ledger > number) isPastLedger = true
    else items.push({ value, pointer })
  }
  return {
    items,
    isEmpty: values.length === 0,
    isPastLedger,
    cursor: readCursorOf(result['cursor'], readCursor),
    latestLedger,
  }
}

function readCursorOf(value: JsonValue | undefined, readCursor: PageShape['readCursor']): Cursor | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const cursor = typeof value === 'string' ? readCursor(value) : undefined
  if (cursor === undefined) throw new ChainDataError('/cursor', 'must be a cursor')
  return cursor
}

/** A transaction's: its total order id, with the ledger in the upper 32 bits. */
export function readTransactionCursor(text: string): Cursor | undefined {
  if (!/^[0-9]{1,20}$/.test(text)) return undefined
  const position = BigInt(text)
  return { text, position, ledger: position >> 32n }
}

/** An event's: the id of its transaction and operation as above, and its number within those. */
export function readEventCursor(text: string): Cursor | undefined {
  const [, order, event] = /^([0-9]{1,20})-([0-9]{1,10})$/.exec(text) ?? []
  if (order === undefined || event === undefined) return undefined
  return { text, position: (BigInt(order) << 32n) | BigInt(event), ledger: BigInt(order) >> 32n }
}
