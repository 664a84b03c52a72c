import { describe, expect, it } from 'vitest'
import {
  C,
  C2,
  envelopeOf,
  event,
  G2,
  ledger,
  payment,
  stellarMonitor,
  testnet,
  transaction,
  txHash,
  type Watching,
} from '../../testing/stellar-scene.ts'
import { stellarVectors as vectors } from '../../testing/stellar-vectors.ts'
import { explainLedgerMatch } from './explain-ledger.ts'

const transfer = 'transfer(Address,Address,I128)'
const transferEvent = 'transfer(Address,Address,String,I128)'
const facts = {
  specs: new Map([
    [C, vectors.function_spec],
    [C2, null],
  ] as const),
}
const called = ledger([transaction(1, 'F01')], [event(1, 'E01'), event(1, 'E01', { contractId: C2, id: 'other' })])

function explain({ conditions = {}, addresses, extensions }: Watching, data = called) {
  const configuration = stellarMonitor(conditions, addresses)
  const { passphrase } = testnet
  return explainLedgerMatch({ configuration, extensions, passphrase, data, txHash: txHash(1), facts })
}

describe('explainLedgerMatch', () => {
  it('shows how an event was read, and what each condition saw', () => {
    const events = [{ signature: transferEvent, expression: '3 > 9000' }, { signature: transferEvent }]
    const { matched, summary, gates } = explain({ conditions: { events } })
    expect([matched, summary]).toEqual([true, 'Matched: events.'])
    expect(gates.events.events.map(({ outcome }) => outcome)).toEqual(['matched', 'not_watched'])
    const [reading] = gates.events.events[0]!.readings
    expect(reading).toMatchObject({ dialect: 'oz', signature: transferEvent })
    expect(reading?.conditions).toMatchObject([
      { index: 0, result: false, trace: { kind: 'comparison', value: '2240' } },
      { index: 1, result: true, trace: null },
    ])
    expect(gates.events.events[0]!.readings.map(({ dialect }) => dialect)).toEqual(['oz', 'token'])
  })

  it('says why a call does not match', () => {
    const outcome = (watching: Watching, data = called) => explain(watching, data).gates.functions.calls[0]?.outcome
    const functions = [{ signature: transfer, expression: 'amount > 9000' }]
    expect(outcome({ conditions: { functions } })).toBe('not_matched')
    expect(outcome({ conditions: { functions }, addresses: [C2] })).toBe('not_watched')
    expect(outcome({ conditions: { functions: [{ signature: 'burn()' }] } })).toBe('no_condition')
    expect(outcome({ conditions: { functions } }, ledger([transaction(1, 'F03')]))).toBe('unreadable')
    expect(outcome({ conditions: { functions }, addresses: [C2] }, ledger([transaction(1, 'F14')]))).toBe(
      'no_contract_spec',
    )
    expect(explain({ conditions: { functions } }).summary).toBe('Not matched: no function condition holds.')
  })

  it('shows each set of variables that transaction conditions were tried on', () => {
    const envelope = envelopeOf([{ body: payment(G2, '5') }, { body: payment(G2, '70') }])
    const transactions = [
      { status: 'Failure' as const, expression: 'value > 1' },
      { status: 'Any' as const, expression: 'value > 10' },
    ]
    const { matched, gates } = explain({ conditions: { transactions } }, ledger([transaction(1, envelope)]))
    expect(matched).toBe(true)
    const values = gates.transactions.attempts.map(({ variables, conditions }) => [
      variables.find(({ name }) => name === 'value')?.value,
      conditions.map(({ result }) => result),
    ])
    expect(values).toEqual([
      ['5', ['status_differs', false]],
      ['70', ['status_differs', true]],
    ])
  })

  it('shows operations and the conditions on them', () => {
    const extensions = { operations: [{ type: 'payment', expression: 'amount > 10' }, { type: 'any' }] }
    const data = ledger([transaction(1, envelopeOf([{ body: payment(G2, '5') }]))])
    const { matched, gates, summary } = explain({ extensions, addresses: [] }, data)
    expect([matched, summary]).toEqual([true, 'Matched: operations.'])
    expect(gates.operations.operations).toMatchObject([
      { operation_index: 0, type: 'payment', conditions: [{ result: false }, { result: true }] },
    ])
  })

  it('says that a transaction cannot be decoded', () => {
    const transactions = [{ status: 'Any' as const, expression: 'value > 1' }]
    const {
      matched,
      summary,
      transaction: shown,
    } = explain({ conditions: { transactions } }, ledger([transaction(1, 'AAAA')]))
    expect([matched, summary]).toEqual([false, 'Not matched: the transaction cannot be decoded.'])
    expect(shown.undecoded).toEqual(expect.any(String))
  })

  it('refuses a transaction that the ledger does not have, and a spec that is not there', () => {
    const input = { configuration: stellarMonitor({}), passphrase: undefined, data: called, facts }
    expect(() => explainLedgerMatch({ ...input, txHash: txHash(9) })).toThrow(
      expect.objectContaining({ code: 'unknown_transaction' }),
    )
    const configuration = stellarMonitor({ events: [{ signature: transferEvent }] })
    expect(() =>
      explainLedgerMatch({ ...input, configuration, txHash: txHash(1), facts: { specs: new Map() } }),
    ).toThrow(expect.objectContaining({ code: 'missing_fact' }))
  })
})
