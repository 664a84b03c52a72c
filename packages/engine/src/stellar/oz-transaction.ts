import type { ExpressionParameter } from '../expression/parameters.ts'
import type { Envelope } from './envelope.ts'
import { armOf, integerOf, membersOf, textOf } from './xdr-json.ts'

/**
 * The parameter sets a transaction's expression is tried against (spec/05 §7.2, §7.3): one for each relevant operation in
 * order. Without relevant operations `sets` is empty and `base` is tried, which knows no `from` and `to`.
 */
export type OzTransactionParameters = {
  base: readonly ExpressionParameter[]
  sets: readonly (readonly ExpressionParameter[])[]
}

/** `envelope` is undefined when it could not be decoded. Only a plain v1 transaction has relevant operations. */
export function readOzTransaction(
  envelope: Envelope | undefined,
  { hash, ledger }: { hash: string; ledger: bigint },
): OzTransactionParameters {
  const place: ExpressionParameter[] = [
    { name: 'hash', kind: 'String', value: hash },
    { name: 'ledger', kind: 'I64', value: String(ledger) },
  ]
  const base = [...place, { name: 'value', kind: 'I64', value: '0' }]
  if (envelope?.form !== 'v1') return { base, sets: [] }
  const from = { name: 'from', kind: 'Address', value: envelope.source }
  const sets = envelope.operations.flatMap((operation) => {
    const moved = readMoved(operation)
    if (!moved) return []
    const { value, to } = moved
    return [[...place, { name: 'value', kind: 'I64', value }, from, { name: 'to', kind: 'Address', value: to }]]
  })
  return { base, sets }
}

/** Payments and calls; an upload or a deployment has an empty address. */
function readMoved({ type, body }: Envelope['operations'][number]): { value: string; to: string } | undefined {
  if (type === 'payment') {
    const { amount, destination } = membersOf(body)
    return { value: integerOf(amount), to: textOf(destination) }
  }
  if (type !== 'invoke_host_function') return undefined
  const { name, value } = armOf(membersOf(body).host_function)
  return { value: '0', to: name === 'invoke_contract' ? textOf(membersOf(value).contract_address) : '' }
}
