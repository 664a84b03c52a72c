import type { ContractCall } from '../../stellar/call.ts'
import type { StellarTransaction } from '../../stellar/ledger-data.ts'
import { XdrError } from '../../stellar/xdr-error.ts'
import { mayConcern } from './envelope-interest.ts'
import type { LedgerDecoding } from './ledger-decoding.ts'
import type { LedgerLookup } from './ledger-index.ts'

/** `failure`: the nested calls that somebody watches cannot be decoded; the direct ones are still there. */
export type CallsToRead = { calls: readonly ContractCall[]; wantsEnvelope: boolean; failure: XdrError | undefined }

/** The calls of a transaction that may concern anyone. Its envelope is decoded only if its bytes name a watched contract. */
export function callsToRead(
  lookup: LedgerLookup,
  transaction: StellarTransaction,
  decoding: LedgerDecoding,
): CallsToRead {
  const none = { calls: [], wantsEnvelope: false, failure: undefined }
  if (lookup.callWatchCount() === 0 || transaction.envelopeXdr === undefined) return none
  const wantsNested = isNestedWatched(lookup, transaction, decoding)
  if (!wantsNested && watchedInvocations(lookup, transaction, decoding).length === 0) return none
  const direct = decoding.calls(transaction, 'direct')
  // An envelope that cannot be decoded is for the caller to report.
  if (direct instanceof XdrError) return { ...none, wantsEnvelope: true }
  if (!wantsNested) return { calls: direct, wantsEnvelope: true, failure: undefined }
  const all = decoding.calls(transaction, 'nested')
  if (all instanceof XdrError) return { calls: direct, wantsEnvelope: true, failure: all }
  return { calls: all, wantsEnvelope: true, failure: undefined }
}

/** The watched contracts (`C…`) that the bytes of the envelope may call. */
export function watchedInvocations(
  { watchersOf }: LedgerLookup,
  transaction: StellarTransaction,
  decoding: LedgerDecoding,
): string[] {
  return decoding.invokedContracts(transaction).filter((contractId) => (watchersOf(contractId)?.onCall.length ?? 0) > 0)
}

/** The envelope names every contract that its transaction may reach; what diagnostic events tell is looked at as well. */
export function isNestedWatched(
  { nestedInterest }: LedgerLookup,
  transaction: StellarTransaction,
  decoding: LedgerDecoding,
): boolean {
  if (nestedInterest.keys.size === 0) return false
  if (mayConcern(nestedInterest, decoding.envelopeBytes(transaction))) return true
  return transaction.diagnosticEventsXdr.some((xdr) => mayConcern(nestedInterest, Buffer.from(xdr, 'base64')))
}
