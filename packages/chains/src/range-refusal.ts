import type { LedgerRange } from './rpc-error.ts'

/** Invalid request and invalid params: stellar-rpc uses one or the other, by method and version. */
const refusalCodes = new Set([-32600, -32602])

const ranges = [
  /must be within the ledger range: ([0-9]{1,10}) - ([0-9]{1,10})/i,
  /must be between the oldest ledger: ([0-9]{1,10}) and the latest ledger: ([0-9]{1,10})/i,
]

const refusal =
  /must be within the ledger range|must be between the oldest ledger|does not contain metadata for ledger/i

/**
 * How a Stellar node says that it does not have a ledger, too old or not closed yet (spec/05 §3), and which ledgers it
 * has when it tells. Undefined for any other error.
 */
export function findRangeRefusal(rpcCode: number, message: string): { range: LedgerRange | undefined } | undefined {
  if (!refusalCodes.has(rpcCode) || !refusal.test(message)) return undefined
  for (const pattern of ranges) {
    const [, oldest, latest] = pattern.exec(message) ?? []
    if (oldest !== undefined && latest !== undefined)
      return { range: { oldest: BigInt(oldest), latest: BigInt(latest) } }
  }
  return { range: undefined }
}
