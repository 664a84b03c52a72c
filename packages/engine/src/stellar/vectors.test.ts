import { describe, expect, it } from 'vitest'
import { stellarVectors as vectors } from '../testing/stellar-vectors.ts'
import { callsOf } from './call.ts'
import { compileInterface } from './contract-interface.ts'
import { decodeEvent } from './decode-event.ts'
import { readEnvelope } from './envelope.ts'
import { ozArgumentOf, ozDisplayOf, ozJsonOf, ozTypeOf } from './oz-value.ts'
import { readOzTransaction } from './oz-transaction.ts'
import { ozSignatureOf, readCall } from './read-call.ts'
import { readEvent } from './read-event.ts'
import { decodeScValue } from './sc-value.ts'

/** The sign of a negative I256, which OZ Monitor loses (quirk Q7), is kept: the single deviation. */
const keptSigns: Record<string, object> = {
  V14: {
    event_value: '-5',
    function_json: '{"type":"I256","value":"-5"}',
    function_param_without_spec: { name: '0', value: '-5', kind: 'I256', indexed: false },
  },
}

describe('values as OZ Monitor shows them (spec/05 §15.1)', () => {
  it.each(vectors.scval)('$id $desc', (row) => {
    const value = decodeScValue(row.xdr)
    expect({
      runtime_type: ozTypeOf(value),
      event_value: ozDisplayOf(value),
      function_json: ozJsonOf(value),
      function_param_without_spec: ozArgumentOf(value, '0', undefined),
    }).toEqual({
      runtime_type: row.runtime_type,
      event_value: row.event_value,
      function_json: row.function_json,
      function_param_without_spec: row.function_param_without_spec,
      ...keptSigns[row.id],
    })
  })
})

describe('calls as OZ Monitor reads them (spec/05 §15.2)', () => {
  const contract = compileInterface(vectors.function_spec)
  const none = compileInterface([])

  it.each(vectors.functions)('$id $desc', (row) => {
    const calls = callsOf(readEnvelope(row.envelopeXdr), { nested: false, diagnosticEventsXdr: [] })
    const spec = row.skipped_because === 'no spec' ? none : contract
    expect(calls.map(({ contractId }) => contractId)).toEqual([row.contract])
    expect(calls.map((call) => ozSignatureOf(call, spec))).toEqual([row.signature])
    const readings = calls.flatMap((call) => readCall(call, spec)).filter(({ dialect }) => dialect === 'oz')
    expect(readings).toEqual(row.params ? [{ dialect: 'oz', signature: row.signature, args: row.params }] : [])
  })
})

describe('events as OZ Monitor reads them (spec/05 §15.4)', () => {
  const contract = compileInterface(vectors.event_spec)

  it.each(vectors.events)('$id $desc', (row) => {
    const event = decodeEvent({ topics: row.topic, value: row.value ?? undefined })
    const readings = readEvent(event, row.spec ? contract : undefined).filter(({ dialect }) => dialect === 'oz')
    expect(readings).toEqual(row.decoded ? [{ dialect: 'oz', ...row.decoded }] : [])
  })
})

describe('transactions as OZ Monitor reads them (spec/05 §15.3)', () => {
  it.each(vectors.transactions)('$id $desc', (row) => {
    const { base, sets } = readOzTransaction(readEnvelope(row.envelopeXdr), { hash: 'ab', ledger: 500n })
    const place = [
      { name: 'hash', kind: 'String', value: 'ab' },
      { name: 'ledger', kind: 'I64', value: '500' },
    ]
    expect(base).toEqual([...place, { name: 'value', kind: 'I64', value: '0' }])
    expect(sets).toEqual(
      row.operation_param_sets.map(({ value, from, to }) => [
        ...place,
        { name: 'value', kind: 'I64', value },
        { name: 'from', kind: 'Address', value: from },
        { name: 'to', kind: 'Address', value: to },
      ]),
    )
  })
})
