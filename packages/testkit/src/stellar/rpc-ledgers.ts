import { historyEntry } from './close-ledger.ts'
import type { ClosedLedgerRecord } from './chain.ts'
import type { StellarFaults } from './faults.ts'
import type { NodeRecord } from './node-records.ts'
import { errorCode, NodeError } from './rpc-error.ts'
import { checkFormat, type Params, readPage, readSequence } from './rpc-params.ts'
import { checkPagination, type NodeView, rangeOf } from './rpc-view.ts'
import { encodeXdr, sha256, type XdrJson } from './xdr.ts'

/** `getLedgers`: a page of ledgers and the cursor behind it, which is the last one's sequence. */
export function getLedgers(params: Params, view: NodeView, faults: StellarFaults): NodeRecord {
  checkFormat(params)
  const startLedger = readSequence(params, 'startLedger')
  const page = readPage(params)
  checkPagination(startLedger, page, view)
  const start = page.cursor === '' ? startLedger : afterCursor(page.cursor, view)
  const end = start + view.pageSize(page.limit, 50)
  const ledgers: ClosedLedgerRecord[] = []
  for (let sequence = start; sequence < end; sequence += 1) {
    const ledger = view.ledger(sequence)
    if (ledger !== undefined) ledgers.push(ledger)
  }
  const { latestLedgerCloseTimestamp, oldestLedgerCloseTimestamp, ...range } = rangeOf(view)
  return {
    ledgers: ledgers
      .filter(({ sequence }) => sequence !== faults.missingLedger)
      .map((ledger) => ledgerRecord(ledger, faults)),
    ...range,
    latestLedgerCloseTime: latestLedgerCloseTimestamp,
    oldestLedgerCloseTime: oldestLedgerCloseTimestamp,
    cursor: String(ledgers.at(-1)?.sequence ?? (page.cursor === '' ? start - 1 : page.cursor)),
  }
}

function afterCursor(cursor: string, { oldest, latest }: NodeView): number {
  if (!/^\d+$/.test(cursor))
    throw new NodeError(errorCode.invalidParams, `strconv.ParseUint: parsing ${JSON.stringify(cursor)}: invalid syntax`)
  const start = Number(cursor) + 1
  if (start < oldest.sequence || start > latest.sequence)
    throw new NodeError(
      errorCode.invalidParams,
      `cursor ('${cursor}') must be between the oldest ledger: ${oldest.sequence} ` +
        `and the latest ledger: ${latest.sequence} for this rpc instance`,
    )
  return start
}

/** `getLatestLedger`, with the header and metadata that newer nodes add. */
export function getLatestLedger({ latest }: NodeView, faults: StellarFaults): NodeRecord {
  const { hash, headerXdr, metadataXdr } = ledgerRecord(latest, faults)
  return {
    id: hash,
    protocolVersion: 27,
    sequence: latest.sequence,
    closeTime: String(latest.closeTime),
    headerXdr,
    metadataXdr,
  }
}

function ledgerRecord(ledger: ClosedLedgerRecord, { breaksChain }: StellarFaults) {
  const { hash, headerXdr } = breaksChain ? withUnknownParent(ledger) : ledger
  return {
    hash,
    sequence: ledger.sequence,
    ledgerCloseTime: String(ledger.closeTime),
    headerXdr,
    metadataXdr: ledger.metadataXdr,
  }
}

function withUnknownParent({ header, sequence }: ClosedLedgerRecord): { hash: string; headerXdr: string } {
  const changed: XdrJson = { ...fieldsOf(header), previous_ledger_hash: sha256(`unknown ${sequence}`) }
  const entry = historyEntry(changed)
  return { hash: entry.hash, headerXdr: encodeXdr('LedgerHeaderHistoryEntry', entry) }
}

function fieldsOf(value: XdrJson): { [name: string]: XdrJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
