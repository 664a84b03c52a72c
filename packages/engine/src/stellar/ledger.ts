import { ChainDataError } from '../evm/chain-data-error.ts'
import { readText } from '../evm/chain-values.ts'
import { copyOmittable, type JsonObject, readObject, readVerbatim, required } from '../evm/json-object.ts'
import type { StellarLedger } from './ledger-data.ts'
import { parseLedgerHeader } from './ledger-header.ts'
import { readHexHash, readUint32, readUnixSeconds } from './node-values.ts'

/** A ledger as its node describes it, and the hash of its transactions' results as hashOfResults makes it. */
export type ParsedLedger = { ledger: StellarLedger; resultsHash: string }

/**
 * One item of `getLedgers` in XDR form. Throws ChainDataError, also when the header is of another ledger than the rest.
 * Source: spec/05 §4.1; `ledgerCloseTime` may be a number too, and is text in the output.
 */
export function parseStellarLedger(value: unknown, pointer: string): ParsedLedger {
  const source = readObject(value, pointer)
  const hash = required(source, 'hash', readHexHash)
  const sequence = required(source, 'sequence', readUint32)
  const closeTime = required(source, 'ledgerCloseTime', readUnixSeconds)
  const headerXdr = required(source, 'headerXdr', readText)
  const metadataXdr = required(source, 'metadataXdr', readText)
  const header = parseLedgerHeader(headerXdr, `${pointer}/headerXdr`)
  if (header.hash !== hash) throw new ChainDataError(`${pointer}/headerXdr`, 'must have the hash of the ledger')
  if (header.sequence !== sequence)
    throw new ChainDataError(`${pointer}/headerXdr`, 'must have the sequence of the ledger')
  const json: JsonObject = { hash, sequence, ledgerCloseTime: String(closeTime), headerXdr }
  copyOmittable(source, json, 'headerJson', readVerbatim)
  json['metadataXdr'] = metadataXdr
  copyOmittable(source, json, 'metadataJSON', readVerbatim)
  return {
    ledger: { sequence: BigInt(sequence), hash, previousHash: header.previousHash, closeTime, json },
    resultsHash: header.resultsHash,
  }
}
