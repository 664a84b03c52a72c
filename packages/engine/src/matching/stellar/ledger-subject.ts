import { createParameters, type ExpressionParameters } from '../../expression/parameters.ts'
import type { StellarTransaction } from '../../stellar/ledger-data.ts'
import { readOzTransaction } from '../../stellar/oz-transaction.ts'
import { XdrError } from '../../stellar/xdr-error.ts'
import type { LedgerDecoding } from './ledger-decoding.ts'
import type { StellarStatus } from './ledger-match.ts'

/** One transaction, for all monitors that it may concern. */
export type LedgerSubject = {
  transaction: StellarTransaction
  status: StellarStatus
  /**
   * What transaction conditions are tried on: a set for each relevant operation, or one without sender and recipient when
   * there is none (spec/05 §7.3). Made when first asked for. Throws XdrError when the envelope cannot be decoded: whatever
   * was said then might be wrong.
   */
  parameterSets(): readonly ExpressionParameters[]
  /** What a condition without an expression is tried on: no variables, only the status. */
  readonly statusOnly: ExpressionParameters
  /** Whether the sets are of operations. */
  hasOperations(): boolean
}

export function createLedgerSubject(
  transaction: StellarTransaction,
  { decoding, sequence }: { decoding: LedgerDecoding; sequence: bigint },
): LedgerSubject {
  let memo: { sets: ExpressionParameters[]; hasOperations: boolean } | undefined
  const read = () => {
    if (memo !== undefined) return memo
    const envelope = decoding.envelope(transaction)
    if (envelope instanceof XdrError) throw envelope
    const { base, sets } = readOzTransaction(envelope, { hash: transaction.hash, ledger: sequence })
    const hasOperations = sets.length > 0
    memo = { sets: (hasOperations ? sets : [base]).map(createParameters), hasOperations }
    return memo
  }
  return {
    transaction,
    status: statusOf(transaction.status),
    statusOnly: createParameters([]),
    parameterSets: () => read().sets,
    hasOperations: () => read().hasOperations,
  }
}

/** spec/05 §7.1, with today's spelling of `NOT_FOUND` as well (Q20). */
function statusOf(status: string): StellarStatus {
  switch (status) {
    case 'SUCCESS':
      return 'Success'
    case 'FAILED':
    case 'NOT FOUND':
    case 'NOT_FOUND':
      return 'Failure'
    default:
      return 'Any'
  }
}
