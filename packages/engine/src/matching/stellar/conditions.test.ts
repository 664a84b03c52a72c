import { describe, expect, it } from 'vitest'
import {
  C,
  C2,
  type Conditions,
  envelopeOf,
  evaluateMonitors,
  event,
  G,
  G2,
  ledger,
  payment,
  transaction,
  txHash,
} from '../../testing/stellar-scene.ts'
import { stellarVectors as vectors } from '../../testing/stellar-vectors.ts'

const specs = { [C]: vectors.function_spec }
const none = { functions: [], events: [], transactions: [] }
const call = 'transfer(Address,Address,I128)'
const transferEvent = 'transfer(Address,Address,String,I128)'

/** One monitor of C, and a transaction that calls its `transfer` (2240) and publishes an event. */
function evaluate(conditions: Conditions, data = ledger([transaction(1, 'F01')], [event(1, 'E01')])) {
  const { matches, failures, undecoded } = evaluateMonitors({ m: { conditions } }, data, specs)
  expect([failures, undecoded]).toEqual([[], []])
  return matches
}

const payments = (...amounts: string[]) =>
  ledger([transaction(1, envelopeOf(amounts.map((amount) => ({ body: payment(G2, amount) }))))])

describe('what is shown of what matched (spec/05 §15.7)', () => {
  it('P01: without conditions every transaction matches, with nothing matched on', () => {
    const matches = evaluate({}, ledger([transaction(1, 'F01'), transaction(2, 'T06', { status: 'FAILED' })]))
    expect(matches.map((match) => match.txHash)).toEqual([txHash(1), txHash(2)])
    for (const { matchedOn, matchedOnArgs } of matches) {
      expect([matchedOn, matchedOnArgs]).toEqual([none, { functions: null, events: null }])
    }
  })

  it('P02: transactions alone', () => {
    const [match] = evaluate({ transactions: [{ status: 'Success' }] })
    expect(match?.matchedOn).toEqual({ ...none, transactions: [{ status: 'Success', expression: null }] })
    expect(match?.matchedOnArgs).toEqual({ functions: null, events: null })
  })

  it('P03: of events and functions one is enough, and the other is empty', () => {
    const [match] = evaluate({ events: [{ signature: 'other()' }], functions: [{ signature: call }] })
    expect(match?.matchedOn).toEqual({ ...none, functions: [{ signature: call, expression: null }] })
    expect(match?.matchedOnArgs).toMatchObject({ functions: [{ signature: call }], events: null })
  })

  it('P04 and P05: an event without the transaction, or the other way round, is no match', () => {
    expect(evaluate({ events: [{ signature: transferEvent }], transactions: [{ status: 'Failure' }] })).toEqual([])
    expect(evaluate({ events: [{ signature: 'other()' }], transactions: [{ status: 'Success' }] })).toEqual([])
  })

  it('P06: a function and the transaction', () => {
    const [match] = evaluate({
      events: [{ signature: 'other()' }],
      functions: [{ signature: call }],
      transactions: [{ status: 'Any' }],
    })
    expect(match?.matchedOn).toEqual({
      functions: [{ signature: call, expression: null }],
      events: [],
      transactions: [{ status: 'Success', expression: null }],
    })
  })

  it('P07: an event without an expression is shown without its arguments', () => {
    const [match] = evaluate({ events: [{ signature: transferEvent }] })
    expect(match?.matchedOn.events).toHaveLength(1)
    expect(match?.matchedOnArgs.events).toEqual([])
  })

  it.each([
    ['P08', [{ status: 'Any' }, { status: 'Success', expression: 'value > 0' }], '5', [null]],
    ['P09', [{ status: 'Success', expression: 'value > 0' }, { status: 'Any' }], '5', ['value > 0', null]],
  ] as const)(
    '%s: a transaction condition without an expression ends the search',
    (_id, transactions, amount, expected) => {
      const [match] = evaluate({ transactions: [...transactions] }, payments(amount))
      expect(match?.matchedOn.transactions).toEqual(expected.map((expression) => ({ status: 'Success', expression })))
    },
  )

  it('P10: so does one with an expression when there is no relevant operation', () => {
    const transactions = [{ status: 'Success' as const, expression: 'value >= 0' }, { status: 'Any' as const }]
    const [match] = evaluate({ transactions }, ledger([transaction(1, 'T06')]))
    expect(match?.matchedOn.transactions).toEqual([{ status: 'Success', expression: 'value >= 0' }])
  })

  it('P11: the first function condition that holds is the only one', () => {
    const functions = [{ signature: call, expression: 'amount > 9000' }, { signature: call }, { signature: call }]
    const [match] = evaluate({ functions })
    expect(match?.matchedOn.functions).toEqual([{ signature: call, expression: null }])
    expect(match?.matchedOnArgs.functions).toHaveLength(1)
  })

  it('P12: every event condition that holds is shown, arguments only of those with an expression', () => {
    const events = [{ signature: transferEvent, expression: '3 > 1' }, { signature: transferEvent }]
    const [match] = evaluate({ events })
    expect(match?.matchedOn.events.map(({ expression }) => expression)).toEqual(['3 > 1', null])
    expect(match?.matchedOnArgs.events).toHaveLength(1)
  })
})

describe('edge cases (spec/05 §16)', () => {
  it.each([
    ['SUCCESS', 'Success'],
    ['FAILED', 'Failure'],
    ['NOT FOUND', 'Failure'],
    ['NOT_FOUND', 'Failure'],
    ['PENDING', 'Any'],
  ])('1 and 2: status %s is %s, which is what is recorded', (status, expected) => {
    const data = ledger([transaction(1, 'T06', { status })])
    const [match] = evaluate({ transactions: [{ status: 'Any' }] }, data)
    expect(match?.matchedOn.transactions).toEqual([{ status: expected, expression: null }])
    expect(evaluate({ transactions: [{ status: 'Success' }] }, data)).toHaveLength(expected === 'Success' ? 1 : 0)
  })

  const onTransaction = (expression: string, row: string) =>
    evaluate({ transactions: [{ status: 'Any', expression }] }, ledger([transaction(1, row)])).length

  it('4 to 7: what value, from and to are', () => {
    expect(onTransaction('value > 1000', 'T01')).toBe(1)
    expect(onTransaction(`from == ${G} AND value == 10000000`, 'T02')).toBe(1)
    expect(onTransaction(`from == ${G2}`, 'T02')).toBe(0)
    expect(onTransaction(`to == ${G2}`, 'T03')).toBe(0)
    expect(onTransaction(`value == 0 AND to == ${C}`, 'T05')).toBe(1)
    expect(onTransaction('value == 0', 'T06')).toBe(1)
    expect(onTransaction(`value == 0 AND from == ${G}`, 'T06')).toBe(0)
    expect(onTransaction('value > 0', 'T07')).toBe(0)
    expect(onTransaction("value == 0 AND to == ''", 'T08')).toBe(1)
    expect(onTransaction(`hash == '${txHash(1)}' AND ledger == 500`, 'T06')).toBe(1)
  })

  it('6: a function is seen through a fee bump', () => {
    expect(
      evaluate({ functions: [{ signature: call, expression: 'amount == -3' }] }, ledger([transaction(1, 'F02')])),
    ).toHaveLength(1)
  })

  it('8 and 9: addresses restrict functions and events only', () => {
    const elsewhere = { addresses: [C2] }
    const data = ledger([transaction(1, 'F01')], [event(1, 'E01')])
    const { matches } = evaluateMonitors(
      {
        functions: { ...elsewhere, conditions: { functions: [{ signature: call }] } },
        events: { ...elsewhere, conditions: { events: [{ signature: transferEvent }] } },
        nowhere: {
          addresses: [],
          conditions: { events: [{ signature: transferEvent }], functions: [{ signature: call }] },
        },
        transactions: { ...elsewhere, conditions: { transactions: [{ status: 'Success' }] } },
        nothing: { addresses: [], conditions: {} },
      },
      data,
      specs,
    )
    expect(matches.map(({ key }) => key)).toEqual(['transactions', 'nothing'])
  })

  it('11: matches are in the order of the transactions, then of the monitors', () => {
    const any = { conditions: {} }
    const { matches } = evaluateMonitors({ a: any, b: any }, ledger([transaction(2, 'T06'), transaction(1, 'T06')]))
    expect(matches.map(({ key, txIndex }) => `${key}${txIndex}`)).toEqual(['a0', 'b0', 'a1', 'b1'])
  })

  it('12: an empty ledger matches nothing', () => {
    expect(evaluate({}, ledger([], [event(1, 'E01')]))).toEqual([])
  })

  it('13: a call needs a spec, and a failed one matches', () => {
    const functions = [{ signature: call }]
    const data = ledger([transaction(1, 'F01', { status: 'FAILED' })])
    expect(evaluate({ functions }, data)).toHaveLength(1)
    expect(evaluateMonitors({ m: { conditions: { functions } } }, data).matches).toEqual([])
  })

  it('24 and 25: signatures and addresses are compared without case and whitespace', () => {
    const spaced = ` ${C.slice(0, 9).toLowerCase()}\u0085${C.slice(9)}\u2003`
    const conditions = { functions: [{ signature: 'TRANSFER( address , Address,\u00a0i128 )' }] }
    const { matches } = evaluateMonitors(
      { m: { conditions, addresses: [spaced] } },
      ledger([transaction(1, 'F01')]),
      specs,
    )
    expect(matches[0]?.matchedOn.functions).toEqual([{ signature: call, expression: null }])
    const named = { functions: [{ signature: 'transfer(Address from,Address to,I128 amount)' }] }
    expect(evaluate(named)).toEqual([])
    expect(evaluate({ functions: [{ signature: call, expression: 'Amount > 1' }] })).toEqual([])
  })

  it('31: an expression that errs is no match and stops nothing', () => {
    const events = [
      { signature: transferEvent, expression: 'nothing > 1' },
      { signature: transferEvent, expression: '3 >' },
    ]
    const { matches, failures } = evaluateMonitors(
      { bad: { conditions: { events } }, good: { conditions: {} } },
      ledger([transaction(1, 'F01')], [event(1, 'E01')]),
    )
    expect([matches.map(({ key }) => key), failures]).toEqual([['good'], []])
  })

  it('34: an empty contract spec leaves the address without one, whatever the chain has', () => {
    const functions = [{ signature: call }]
    const addresses = [{ address: C, contract_spec: [] }]
    const { matches } = evaluateMonitors(
      { m: { conditions: { functions }, addresses } },
      ledger([transaction(1, 'F01')]),
      specs,
    )
    expect(matches).toEqual([])
  })

  it('35, mended (Q22): a spec of one monitor is not that of another', () => {
    const signature = 'Swap(Address,I128,I128)'
    const named = { events: [{ signature, expression: 'amount_in > 0' }] }
    const { matches } = evaluateMonitors(
      {
        own: { conditions: named, addresses: [{ address: C, contract_spec: vectors.event_spec }] },
        other: { conditions: named },
      },
      ledger([transaction(1, 'T06')], [event(1, 'E05')]),
    )
    expect(matches.map(({ key }) => key)).toEqual(['own'])
  })

  it('36: the decoded parts are always there', () => {
    const [match] = evaluate({}, ledger([transaction(1, 'T06')]))
    expect(match?.item.transaction['decoded']).toMatchObject({ envelope: { tx: {} }, result: null, meta: null })
    const [bare] = evaluate({}, ledger([transaction(1, undefined)]))
    expect(bare?.item.transaction['decoded']).toEqual({ envelope: null, result: null, meta: null })
  })
})
