import type { JsonValue } from '../config/json.ts'
import { encodeStrkey } from './strkey.ts'
import { decodeXdr } from './xdr.ts'
import { armOf, integerOf, listOf, membersOf, textOf } from './xdr-json.ts'

/** A transaction as it was submitted. */
export type Envelope = {
  /** `v0` is the form before protocol 13, which holds no contract call; a fee bump holds a v1 transaction. */
  form: 'v0' | 'v1' | 'fee_bump'
  /** XDR-JSON: what a match shows as `decoded.envelope` (spec/05 §4.2). */
  json: JsonValue
  /** The account (`G…`) or muxed account (`M…`) whose transaction it is, and who pays its fee. */
  source: string
  feeSource: string
  memo: Memo
  operations: readonly EnvelopeOperation[]
}

/** `text` is a string escaped as in XDR-JSON, a decimal id, or a hash in hexadecimal; empty for `none`. */
export type Memo = { type: string; text: string }

export type EnvelopeOperation = {
  /** From 0. */
  index: number
  /** The operation's own source account, as written; undefined when it is the transaction's. */
  source: string | undefined
  /** The name of the arm in XDR-JSON, such as `payment`. */
  type: string
  body: JsonValue | undefined
}

/** @throws XdrError when the text is no transaction envelope that this version can decode. */
export function readEnvelope(base64: string): Envelope {
  const json = decodeXdr('TransactionEnvelope', base64)
  const { name, value } = armOf(json)
  const transaction = membersOf(membersOf(value).tx)
  if (name === 'tx_fee_bump') {
    const inner = readTransaction(membersOf(membersOf(armOf(transaction.inner_tx).value).tx))
    return { form: 'fee_bump', json, ...inner, feeSource: textOf(transaction.fee_source) }
  }
  return { form: name === 'tx_v0' ? 'v0' : 'v1', json, ...readTransaction(transaction) }
}

function readTransaction(transaction: { [key: string]: JsonValue }): Omit<Envelope, 'form' | 'json'> {
  const source = sourceOf(transaction)
  return {
    source,
    feeSource: source,
    memo: readMemo(transaction.memo),
    operations: listOf(transaction.operations).map((operation, index) => {
      const { source_account: own, body } = membersOf(operation)
      const { name, value } = armOf(body)
      return { index, source: own === null ? undefined : textOf(own), type: name, body: value }
    }),
  }
}

/** A v0 transaction has the bare key of the account. */
function sourceOf({ source_account: address, source_account_ed25519: key }: { [key: string]: JsonValue }): string {
  if (key === undefined) return textOf(address)
  return encodeStrkey({ kind: 'account', bytes: new Uint8Array(Buffer.from(textOf(key), 'hex')) })
}

function readMemo(json: JsonValue | undefined): Memo {
  const { name, value } = armOf(json)
  return { type: name, text: value === undefined ? '' : integerOf(value) }
}
