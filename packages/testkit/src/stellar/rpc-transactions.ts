import type { StellarFaults } from './faults.ts'
import { type NodeRecord, toid } from './node-records.ts'
import { errorCode, NodeError } from './rpc-error.ts'
import { checkFormat, type Params, readPage, readSequence } from './rpc-params.ts'
import { checkPagination, type NodeView, rangeOf } from './rpc-view.ts'

/** `getTransactions`: from a ledger or behind a cursor up to the latest ledger; the node knows no upper bound. */
export function getTransactions(params: Params, view: NodeView, faults: StellarFaults): NodeRecord {
  checkFormat(params)
  const startLedger = readSequence(params, 'startLedger')
  const page = readPage(params)
  checkPagination(startLedger, page, view)
  const limit = view.pageSize(page.limit, 50)
  let { ledger, order } = page.cursor === '' ? { ledger: startLedger, order: 1 } : afterCursor(page.cursor)
  const transactions: NodeRecord[] = []
  let cursor = 0n
  for (; ledger <= view.latest.sequence && transactions.length < limit; ledger += 1, order = 1) {
    const closed = view.ledger(ledger)
    if (closed === undefined)
      throw new NodeError(errorCode.invalidParams, `database does not contain metadata for ledger: ${ledger}`)
    const found = closed.transactions.slice(order - 1, order - 1 + limit - transactions.length)
    transactions.push(...found.map((record) => withFaults(record, faults)))
    // As the node does it: position 0 when nothing of this ledger was left to list.
    cursor = toid(ledger, found.length === 0 ? 0 : order - 1 + found.length, 1)
  }
  return { transactions, ...rangeOf(view), cursor: cursor.toString() }
}

/** `getTransaction` by hash. */
export function getTransaction(params: Params, view: NodeView, faults: StellarFaults): NodeRecord {
  checkFormat(params)
  const hash = params['hash']
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
    throw new NodeError(errorCode.invalidParams, `unexpected hash length (${String(hash).length})`)
  const range = {
    latestLedger: view.latest.sequence,
    latestLedgerCloseTime: String(view.latest.closeTime),
    oldestLedger: view.oldest.sequence,
    oldestLedgerCloseTime: String(view.oldest.closeTime),
  }
  for (let sequence = view.oldest.sequence; sequence <= view.latest.sequence; sequence += 1) {
    const index = view.ledger(sequence)?.transactionHashes.indexOf(hash) ?? -1
    const record = view.ledger(sequence)?.transactions[index]
    if (record !== undefined) return { ...range, ...withFaults(record, faults), createdAt: String(record['createdAt']) }
  }
  return {
    ...range,
    status: 'NOT_FOUND',
    txHash: hash,
    applicationOrder: 0,
    feeBump: false,
    events: {},
    ledger: 0,
    createdAt: '0',
  }
}

function afterCursor(cursor: string): { ledger: number; order: number } {
  if (!/^\d+$/.test(cursor))
    throw new NodeError(errorCode.invalidParams, `strconv.ParseInt: parsing ${JSON.stringify(cursor)}: invalid syntax`)
  const id = BigInt(cursor)
  return { ledger: Number(id >> 32n), order: Number((id >> 12n) & 0xf_ffffn) + 1 }
}

function withFaults(record: NodeRecord, { undecodableTransaction, dropsDeprecated }: StellarFaults): NodeRecord {
  const changed = { ...record }
  // The discriminant of an envelope that no protocol has.
  if (undecodableTransaction === record['txHash']) changed['envelopeXdr'] = 'AAAAYw=='
  if (dropsDeprecated) delete changed['diagnosticEventsXdr']
  return changed
}
