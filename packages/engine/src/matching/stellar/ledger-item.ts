import type { JsonValue } from '../../config/json.ts'
import type { StellarTransaction } from '../../stellar/ledger-data.ts'
import { XdrError } from '../../stellar/xdr-error.ts'
import { decodeXdr, type XdrType } from '../../stellar/xdr.ts'
import { attempt, type LedgerDecoding } from './ledger-decoding.ts'
import type { LedgerItem } from './ledger-match.ts'
import type { Undecoded } from './ledger-result.ts'
import type { UndecodedList } from './undecoded-list.ts'

/**
 * The transaction as a match shows it: with its envelope, result and meta decoded, each `null` when the node did not send it
 * or it cannot be decoded (spec/05 §4.2). The latter is remembered.
 */
export function createItem(
  transaction: StellarTransaction,
  { decoding, undecoded }: { decoding: LedgerDecoding; undecoded: UndecodedList },
): LedgerItem {
  const decode = (type: XdrType, xdr: string | undefined, part: Undecoded['part']): JsonValue => {
    if (xdr === undefined) return null
    decoding.bytes.countDecoded(xdr)
    const decoded = attempt(() => decodeXdr(type, xdr))
    if (!(decoded instanceof XdrError)) return decoded
    undecoded.add(transaction.hash, part, decoded)
    return null
  }
  const envelope = decoding.envelope(transaction)
  if (envelope instanceof XdrError) undecoded.add(transaction.hash, 'envelope', envelope)
  const decoded = {
    envelope: envelope === undefined || envelope instanceof XdrError ? null : envelope.json,
    result: decode('TransactionResult', transaction.resultXdr, 'result'),
    meta: decode('TransactionMeta', transaction.resultMetaXdr, 'meta'),
  }
  return { transaction: { ...transaction.json, decoded } }
}
