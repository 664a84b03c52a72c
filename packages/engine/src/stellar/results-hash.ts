import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { decodeBase64 } from './base64.ts'
import type { StellarTransaction } from './ledger-data.ts'
import { XdrError } from './xdr-error.ts'

/**
 * The hash by which a ledger's header names the results of its transactions: SHA-256 of the `TransactionResultSet`, which
 * is their count and for each, in order of application, its hash and its `TransactionResult`. When it is the header's,
 * these are all the transactions of the ledger. Undefined when a result is not there.
 */
export function hashOfResults(
  transactions: readonly Pick<StellarTransaction, 'hash' | 'resultXdr'>[],
): string | undefined {
  const hasher = sha256.create()
  const count = new Uint8Array(4)
  new DataView(count.buffer).setUint32(0, transactions.length)
  hasher.update(count)
  for (const { hash, resultXdr } of transactions) {
    const result = resultXdr === undefined ? undefined : bytesOf(resultXdr)
    if (result === undefined || !/^[0-9a-f]{64}$/.test(hash)) return undefined
    hasher.update(hexToBytes(hash)).update(result)
  }
  return bytesToHex(hasher.digest())
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return decodeBase64(base64)
  } catch (error) {
    if (error instanceof XdrError) return undefined
    throw error
  }
}
