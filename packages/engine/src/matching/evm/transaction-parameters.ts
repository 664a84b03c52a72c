import type { EvmReceipt } from '../../evm/receipt.ts'
import type { EvmTransaction } from '../../evm/transaction.ts'
import { createParameters, type ExpressionParameters } from '../../expression/parameters.ts'
import type { JsonValue } from '../../config/json.ts'

/** The variables of transaction conditions and their kinds: exactly these, in this order (spec/04 §5.2). */
export const transactionVariables = [
  { name: 'value', kind: 'uint256' },
  { name: 'from', kind: 'address' },
  { name: 'to', kind: 'address' },
  { name: 'hash', kind: 'string' },
  { name: 'gas_price', kind: 'uint256' },
  { name: 'max_fee_per_gas', kind: 'uint256' },
  { name: 'max_priority_fee_per_gas', kind: 'uint256' },
  { name: 'gas_limit', kind: 'uint256' },
  { name: 'nonce', kind: 'uint256' },
  { name: 'input', kind: 'string' },
  { name: 'gas_used', kind: 'uint256' },
  { name: 'transaction_index', kind: 'uint64' },
] as const

type TransactionVariable = (typeof transactionVariables)[number]['name']

/** The one variable that only a receipt knows. */
export const receiptVariable: TransactionVariable = 'gas_used'

/** What transaction conditions see; without a receipt `gas_used` is empty text, which no comparison accepts. */
export function transactionParameters(
  { hash, from, to, input, json }: EvmTransaction,
  receipt: EvmReceipt | undefined,
): ExpressionParameters {
  const values: Record<TransactionVariable, string> = {
    value: decimal(json['value']),
    from: from ?? '',
    to: to ?? '',
    hash,
    gas_price: decimal(json['gasPrice']),
    max_fee_per_gas: decimal(json['maxFeePerGas']),
    max_priority_fee_per_gas: decimal(json['maxPriorityFeePerGas']),
    gas_limit: decimal(json['gas']),
    nonce: decimal(json['nonce']),
    input,
    gas_used: receipt === undefined ? '' : decimal(receipt.json['gasUsed']),
    transaction_index: decimal(json['transactionIndex']),
  }
  return createParameters(transactionVariables.map(({ name, kind }) => ({ name, kind, value: values[name] })))
}

/** A quantity in output form, or none, as decimal text. */
function decimal(quantity: JsonValue | undefined): string {
  return typeof quantity === 'string' ? BigInt(quantity).toString() : '0'
}
