import type { MatchArgument } from '../../evm/argument-decoder.ts'
import { createParameters, type ExpressionParameters } from '../../expression/parameters.ts'
import type { Envelope } from '../../stellar/envelope.ts'
import type { StellarTransaction } from '../../stellar/ledger-data.ts'
import { operationsOf } from '../../stellar/operation.ts'
import type { XdrError } from '../../stellar/xdr-error.ts'
import { attempt } from './ledger-decoding.ts'

/** A classic operation with what conditions need of it. */
export type PreparedOperation = {
  index: number
  type: string
  args: readonly MatchArgument[]
  parameters: ExpressionParameters
}

/** What these were worth only the result of the transaction tells. */
const typesWithResult: ReadonlySet<string> = new Set([
  'account_merge',
  'create_claimable_balance',
  'path_payment_strict_send',
])

/**
 * All operations of a transaction. Its result is decoded if an operation has a parameter that only the result knows, whoever
 * asks: what one monitor is shown must not depend on another.
 */
export function preparedOperations(
  envelope: Envelope,
  { resultXdr }: StellarTransaction,
): PreparedOperation[] | XdrError {
  const wantsResult = envelope.operations.some(({ type }) => typesWithResult.has(type))
  return attempt(() =>
    operationsOf(envelope, wantsResult ? resultXdr : undefined).map(({ index, type, parameters }) => ({
      index,
      type,
      args: parameters,
      parameters: createParameters(parameters),
    })),
  )
}
