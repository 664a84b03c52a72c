import { ChainDataError } from '../evm/chain-data-error.ts'
import { decodeBase64 } from './base64.ts'
import { XdrError } from './xdr-error.ts'

/** What the XDR of a ledger header tells. Hashes are lower-case hexadecimal without prefix. */
export type LedgerHeader = {
  hash: string
  previousHash: string
  sequence: number
  /** Unix seconds. */
  closeTime: bigint
  /** Of the results of all transactions, in order. */
  resultsHash: string
}

/**
 * Reads the start of a `LedgerHeaderHistoryEntry`: hash (32 bytes), then the header: ledgerVersion (4),
 * previousLedgerHash (32), scpValue, txSetResultHash (32), bucketListHash (32), ledgerSeq (4), …. The scpValue is
 * txSetHash (32), closeTime (8), upgrades (opaque<128>, up to 6) and an extension: 0, or 1 with a signature, which is
 * a node id (4 + 32) and opaque<64>. These fields stand before everything that protocol versions have added, so that no
 * XDR library of a certain version is needed to link ledgers.
 *
 * @throws ChainDataError with `pointer` when it is not such an entry.
 */
export function parseLedgerHeader(headerXdr: string, pointer: string): LedgerHeader {
  const bytes = readBytes(headerXdr, pointer)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0

  const take = (length: number): number => {
    const start = offset
    if (start + length > bytes.length) throw new ChainDataError(pointer, 'must be a whole ledger header')
    offset += length
    return start
  }
  const number = () => view.getUint32(take(4))
  const hash = () => {
    const start = take(32)
    return toHex(bytes.subarray(start, start + 32))
  }
  const skipOpaque = (lengthMax: number) => {
    const length = number()
    if (length > lengthMax) throw new ChainDataError(pointer, 'must be a ledger header')
    take(Math.ceil(length / 4) * 4)
  }

  const ownHash = hash()
  take(4)
  const previousHash = hash()
  take(32)
  const closeTime = view.getBigUint64(take(8))
  const upgrades = number()
  if (upgrades > UPGRADES_MAX) throw new ChainDataError(pointer, 'must be a ledger header')
  for (let upgrade = 0; upgrade < upgrades; upgrade += 1) skipOpaque(128)
  const extension = number()
  if (extension > 1) throw new ChainDataError(pointer, 'must be a ledger header')
  if (extension === 1) {
    take(4 + 32)
    skipOpaque(64)
  }
  const resultsHash = hash()
  take(32)
  return { hash: ownHash, previousHash, sequence: number(), closeTime, resultsHash }
}

const UPGRADES_MAX = 6

function readBytes(base64: string, pointer: string): Uint8Array {
  try {
    return decodeBase64(base64)
  } catch (error) {
    if (error instanceof XdrError) throw new ChainDataError(pointer, 'must be base64')
    throw error
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
