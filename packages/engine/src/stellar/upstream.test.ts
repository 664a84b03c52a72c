import { describe, expect, it } from 'vitest'
import { isUpstreamMissing } from '../testing/upstream-fixture.ts'
import { upstreamEvents, upstreamSpec, upstreamTransactions } from '../testing/upstream-stellar-xdr.ts'
import { callsOf } from './call.ts'
import { compileInterface } from './contract-interface.ts'
import { decodeEvent } from './decode-event.ts'
import { readEnvelope } from './envelope.ts'
import { readOzTransaction } from './oz-transaction.ts'
import { readCall } from './read-call.ts'
import { readEvent } from './read-event.ts'
import { decodeXdr } from './xdr.ts'

/** What EXPECTED.md says of OZ Monitor's own test data. */
describe.skipIf(isUpstreamMissing)('the transactions and events of OZ Monitor', () => {
  it('decode in full, with result and meta', () => {
    for (const { envelopeXdr, resultXdr, resultMetaXdr } of upstreamTransactions()) {
      expect(readEnvelope(envelopeXdr).form).toBe('v1')
      expect(decodeXdr('TransactionResult', resultXdr)).toHaveProperty('result')
      expect(decodeXdr('TransactionMeta', resultMetaXdr)).toHaveProperty('v3')
    }
  })

  it('have the payments that are known of them', () => {
    const values = upstreamTransactions().map(({ envelopeXdr, txHash: hash }) =>
      readOzTransaction(readEnvelope(envelopeXdr), { hash, ledger: 1n })
        .sets.map((set) => set.find(({ name }) => name === 'value')?.value)
        .join(' '),
    )
    expect(values.slice(0, 5)).toEqual(['', '498000000 2000000', '2916135120', '0', '0'])
    expect(values.slice(9, 12)).toEqual(['99600000 400000', '635808330', '2916135120'])
    expect(values.slice(25)).toEqual(['0', '0', '0', ''])
  })

  it('have the calls that are known of them', () => {
    const contract = compileInterface(upstreamSpec('contract_spec'))
    const readings = upstreamTransactions().flatMap(({ envelopeXdr }) =>
      callsOf(readEnvelope(envelopeXdr), { nested: false, diagnosticEventsXdr: [] }).flatMap((call) =>
        readCall(call, contract).filter(({ dialect }) => dialect === 'oz'),
      ),
    )
    expect(
      readings.map(({ signature, args }) => [signature, ...args.map(({ name, value }) => `${name}=${value}`)]),
    ).toEqual([
      [
        'transfer(Address,Address,I128)',
        'from=GDF32CQINROD3E2LMCGZUDVMWTXCJFR5SBYVRJ7WAAIAS3P7DCVWZEFY',
        'to=CC7YMFMYZM2HE6O3JT5CNTFBHVXCZTV7CEYT56IGBHR4XFNTGTN62CPT',
        'amount=2240',
      ],
      ['upsert_data(Map<String,String>)', 'data={"myKey1":1234,"myKey2":"Hello, world!"}'],
      ['increment()'],
    ])
  })

  it('have the nested calls that the diagnostic events tell', () => {
    const [swap] = upstreamTransactions().filter(({ txHash }) => txHash.startsWith('e5022fc4'))
    const calls = swap
      ? callsOf(readEnvelope(swap.envelopeXdr), { nested: true, diagnosticEventsXdr: swap.diagnosticEventsXdr })
      : []
    expect(calls.map(({ functionName, isNested }) => `${functionName} ${isNested}`)).toEqual([
      'swap_exact_tokens_for_tokens false',
      'get_reserves true',
      'transfer true',
      'swap true',
      'transfer true',
      'balance true',
      'balance true',
    ])
  })

  it('have the signatures that are known of the events', () => {
    const readings = upstreamEvents().map(({ topic, value }) =>
      readEvent(decodeEvent({ topics: topic, value }), undefined),
    )
    expect(readings.map((list) => list.map(({ dialect, signature }) => `${dialect} ${signature}`))).toEqual([
      ['oz contract_called(Address,String,String,Bytes32,Bytes128)'],
      ['oz transfer(Address,Address,String,I128)', 'token transfer(Address,Address,String,I128)'],
    ])
  })

  it('show the event of a spec with the parameters of its data in the order of the spec', () => {
    const event = decodeEvent({
      topics: ['AAAADwAAAAR1c2Vy', 'AAAADwAAAANhZGQA', 'AAAADwAAAAExAAAA'],
      value:
        'AAAAEQAAAAEAAAADAAAADwAAAANhZ2UAAAAAAwAAABQAAAAPAAAABWVtYWlsAAAAAAAADgAAAA5qb2huQGVtYWlsLmNvbQAAAAAADwAAAARuYW1lAAAADgAAAARKb2hu',
    })
    const [reading] = readEvent(event, compileInterface(upstreamSpec('contract_spec_with_events')))
    expect(reading?.signature).toBe('UserAdded(Symbol,String,U32,String)')
    expect(reading?.args.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'id=1',
      'name=John',
      'age=20',
      'email=john@email.com',
    ])
  })
})
