import type { JsonValue } from '../config/json.ts'
import type { StellarSpec, StellarSpecEntry, StellarType } from '../config/stellar-spec.ts'
import { type DecodedEvent, decodeEvent } from '../stellar/decode-event.ts'
import { type Envelope, readEnvelope } from '../stellar/envelope.ts'
import { encodeXdr } from '../stellar/xdr.ts'

/** Real XDR from XDR-JSON, for tests. */

export const account = 'GDVEU3DD4KOFECV66VIHWEZOYX4ZKR3WV27L464SIIPOU2IUI3JCZA57'
export const otherAccount = 'GD6ROJBYLKQMOW3E7N4M2YBPUHMZD7PL65VRHRMO24BOVSBV5H3BQRSL'
export const muxedAccount = 'MD6ROJBYLKQMOW3E7N4M2YBPUHMZD7PL65VRHRMO24BOVSBV5H3BQAAAAAAAAAAAFJMRW'
export const contractAddress = 'CAIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRDB3V'
export const otherContract = 'CARCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEVQO'
export const usdc = `USDC:${otherAccount}`

export function scValue(json: JsonValue): string {
  return encodeXdr('ScVal', json)
}

export function map(members: Record<string, JsonValue>): JsonValue {
  return { map: Object.entries(members).map(([key, val]) => ({ key: { symbol: key }, val })) }
}

export function eventOf(topics: readonly JsonValue[], data: JsonValue): DecodedEvent {
  return decodeEvent({ topics: topics.map(scValue), value: scValue(data) })
}

export type OperationJson = { source?: string; body: JsonValue }

export function transactionJson(operations: readonly OperationJson[], memo: JsonValue = 'none'): JsonValue {
  return {
    tx: {
      source_account: account,
      fee: 100,
      seq_num: '2',
      cond: 'none',
      memo,
      operations: operations.map(({ source, body }) => ({ source_account: source ?? null, body })),
      ext: 'v0',
    },
    signatures: [],
  }
}

export function envelopeXdr(operations: readonly OperationJson[], memo: JsonValue = 'none'): string {
  return encodeXdr('TransactionEnvelope', { tx: transactionJson(operations, memo) })
}

export function envelopeOf(...operations: OperationJson[]): Envelope {
  return readEnvelope(envelopeXdr(operations))
}

export function feeBumpOf(...operations: OperationJson[]): Envelope {
  const tx = { fee_source: otherAccount, fee: '400', inner_tx: { tx: transactionJson(operations) }, ext: 'v0' }
  return readEnvelope(encodeXdr('TransactionEnvelope', { tx_fee_bump: { tx, signatures: [] } }))
}

export function invocation(contract: string, name: string, args: JsonValue[]): { [key: string]: JsonValue } {
  return { contract_address: contract, function_name: name, args }
}

export function callOperation(called: JsonValue, auth: JsonValue[] = []): OperationJson {
  return { body: { invoke_host_function: { host_function: { invoke_contract: called }, auth } } }
}

export function functionSpec(name: string, inputs: Record<string, StellarType>): StellarSpecEntry {
  return {
    function_v0: {
      doc: '',
      name,
      inputs: Object.entries(inputs).map(([input, type_]) => ({ doc: '', name: input, type_ })),
      outputs: [],
    },
  }
}

type EventForm = {
  name: string
  prefix: string[]
  topics?: Record<string, StellarType>
  data?: Record<string, StellarType>
  format?: 'single_value' | 'vec' | 'map'
}

export function eventSpec({ name, prefix, topics = {}, data = {}, format = 'map' }: EventForm): StellarSpecEntry {
  const params = (types: Record<string, StellarType>, location: 'data' | 'topic_list') =>
    Object.entries(types).map(([param, type_]) => ({ doc: '', name: param, type_, location }))
  return {
    event_v0: {
      doc: '',
      lib: '',
      name,
      prefix_topics: prefix,
      params: [...params(topics, 'topic_list'), ...params(data, 'data')],
      data_format: format,
    },
  }
}

export function structSpec(name: string, fields: Record<string, StellarType>): StellarSpecEntry {
  const list = Object.entries(fields).map(([field, type_]) => ({ doc: '', name: field, type_ }))
  return { udt_struct_v0: { doc: '', lib: '', name, fields: list } }
}

export function unionSpec(name: string, cases: Record<string, StellarType[]>): StellarSpecEntry {
  const list = Object.entries(cases).map(([label, type_]) =>
    type_.length === 0 ? { void_v0: { doc: '', name: label } } : { tuple_v0: { doc: '', name: label, type_ } },
  )
  return { udt_union_v0: { doc: '', lib: '', name, cases: list } }
}

export function enumSpec(name: string, cases: Record<string, number>): StellarSpec[number] {
  const list = Object.entries(cases).map(([label, value]) => ({ doc: '', name: label, value }))
  return { udt_enum_v0: { doc: '', lib: '', name, cases: list } }
}
