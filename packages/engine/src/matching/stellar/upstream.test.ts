import { beforeAll, describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import { matchVariables } from '../../template/match-variables.ts'
import { isUpstreamMissing } from '../../testing/upstream-fixture.ts'
import {
  evaluateStellar,
  readUpstreamStellar,
  type UpstreamStellar,
  upstreamBlend,
  upstreamCounter,
  upstreamUpsert,
  upstreamUsdc,
} from '../../testing/upstream-stellar.ts'
import { ozVariables } from '../../testing/oz-variables.ts'

const none = { functions: [], events: [], transactions: [] }
const transferEvent = 'transfer(Address,Address,String,I128)'
const from = 'GDF32CQINROD3E2LMCGZUDVMWTXCJFR5SBYVRJ7WAAIAS3P7DCVWZEFY'
const to = 'CC7YMFMYZM2HE6O3JT5CNTFBHVXCZTV7CEYT56IGBHR4XFNTGTN62CPT'
const asset = 'USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
const argument = (name: string, value: string, kind: string, indexed: boolean) => ({ name, value, kind, indexed })
const transferArgs = [
  argument('0', from, 'Address', true),
  argument('1', to, 'Address', true),
  argument('2', asset, 'String', true),
  argument('3', '2240', 'I128', false),
]

/** EXPECTED.md, by the names of its table. What a test is given as a spec is a fact here. */
describe.skipIf(isUpstreamMissing)('upstream data (skipped where ../shared/spec/fixtures is missing)', () => {
  let upstream: UpstreamStellar
  beforeAll(() => {
    upstream = readUpstreamStellar()
  })

  const watching = (conditions: Partial<MonitorConfig['match_conditions']>): MonitorConfig => ({
    ...upstream.monitor,
    match_conditions: { ...none, ...conditions },
  })
  const evaluate = (
    monitor: MonitorConfig,
    specs: Parameters<typeof evaluateStellar>[2] = {},
    data = upstream.data,
  ) => {
    const { failures, undecoded, ...outcome } = evaluateStellar(monitor, data, specs)
    expect([failures, undecoded]).toEqual([[], []])
    for (const { network_slug, ledger } of outcome.objects) {
      expect([network_slug, ledger.sequence]).toEqual(['stellar_testnet', 172627])
    }
    return outcome
  }

  it('events, no expression: one match, whose arguments are left out', () => {
    const { objects, numbers } = evaluate(watching({ events: [{ signature: transferEvent }] }))
    expect(numbers).toEqual([4])
    expect(objects[0]).toMatchObject({
      matched_on: { ...none, events: [{ signature: transferEvent, expression: null }] },
      matched_on_args: { functions: null, events: [] },
    })
  })

  it('events with expression: the arguments as decoded', () => {
    const expression = `0 == ${from} AND 3 >= 2240`
    const { objects, numbers } = evaluate(watching({ events: [{ signature: transferEvent, expression }] }))
    expect(numbers).toEqual([4])
    expect(objects[0]?.matched_on_args).toEqual({
      functions: null,
      events: [{ signature: transferEvent, args: transferArgs }],
    })
  })

  it.each([null, 'amount >= 2240'])('functions with expression %s', (expression) => {
    const signature = 'transfer(Address,Address,I128)'
    const { objects, numbers } = evaluate(watching({ functions: [{ signature, expression }] }), {
      [upstreamUsdc]: upstream.spec,
    })
    expect(numbers).toEqual([4])
    expect(objects[0]).toMatchObject({ matched_on: { ...none, functions: [{ signature, expression }] } })
    const args = [
      argument('from', from, 'Address', false),
      argument('to', to, 'Address', false),
      argument('amount', '2240', 'I128', false),
    ]
    expect(objects[0]?.matched_on_args).toEqual({ functions: [{ signature, args }], events: null })
  })

  it.each([
    ['value >= 498000000', [1, 2, 10, 11, 15, 17, 22, 23]],
    [null, [1, 2, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23]],
  ])('transactions with expression %s: those that failed, in order', (expression, expected) => {
    const { objects, numbers } = evaluate(watching({ transactions: [{ status: 'Failure', expression }] }))
    expect(numbers).toEqual(expected)
    for (const { matched_on } of objects) {
      expect(matched_on).toEqual({ ...none, transactions: [{ status: 'Failure', expression }] })
    }
  })

  it('multiple conditions: an event, a call or both, and the transaction', () => {
    const { objects, numbers } = evaluate(upstream.monitor, {
      [upstreamUsdc]: upstream.spec,
      [upstreamUpsert]: upstream.spec,
    })
    expect(numbers).toEqual([4, 25])
    const transactions = [{ status: 'Success', expression: 'value >= 0' }]
    expect(objects.map(({ matched_on }) => matched_on.transactions)).toEqual([transactions, transactions])
    expect(objects[0]?.matched_on_args.events?.map(({ signature }) => signature)).toEqual([transferEvent])
    expect(objects[0]?.matched_on_args.functions?.map(({ signature }) => signature)).toEqual([
      'transfer(Address,Address,I128)',
    ])
    const data = argument('data', '{"myKey1":1234,"myKey2":"Hello, world!"}', 'Map', false)
    expect(objects[1]?.matched_on_args).toEqual({
      functions: [{ signature: 'upsert_data(Map<String,String>)', args: [data] }],
      events: null,
    })
  })

  it('handle match: what templates can name of both', () => {
    const { objects, numbers } = evaluate(upstream.monitor, { [upstreamUpsert]: upstream.spec })
    expect(numbers).toEqual([4, 25])
    expect(objects.map(({ monitor }) => monitor.triggers)).toEqual([
      ['example_trigger_slack'],
      ['example_trigger_slack'],
    ])
    const [first, second] = objects.map((object) => ozVariables(matchVariables({ Stellar: object })))
    expect(first).toEqual({
      'monitor.name': 'Large Transfer of USDC Token',
      'transaction.hash': '2c89fc3311bc275415ed6a764c77d7b0349cb9f4ce37fd2bbfc6604920811503',
      'events.0.signature': transferEvent,
      ...Object.fromEntries(transferArgs.map(({ name, value }) => [`events.0.args.${name}`, value])),
    })
    expect(second).toEqual({
      'monitor.name': 'Large Transfer of USDC Token',
      'transaction.hash': 'FAKE5a3a9153e19002517935a5df291b81a341b98ccd80f0919d78cea5ed29d8',
      'functions.0.signature': 'upsert_data(Map<String,String>)',
      'functions.0.args.data': '{"myKey1":1234,"myKey2":"Hello, world!"}',
    })
  })

  it('handle match, no args; with contract spec; ABI in config: a call without arguments', () => {
    const functions = [{ signature: 'increment()' }]
    const configured = {
      ...watching({ functions }),
      addresses: [{ address: upstreamCounter, contract_spec: upstream.spec }],
    }
    for (const outcome of [
      evaluate(watching({ functions }), { [upstreamCounter]: upstream.spec }),
      evaluate(configured),
    ]) {
      expect(outcome.numbers).toEqual([26])
      expect(outcome.objects[0]?.transaction.txHash).toBe(
        '80fec04b989895a4222d9985fbf153d253e3e2cbc1da45ef414db96a277b99be',
      )
      expect(outcome.objects[0]?.matched_on_args.functions).toEqual([{ signature: 'increment()', args: [] }])
      const variables = matchVariables({ Stellar: outcome.objects[0]! })
      expect(variables.get('functions.0.signature')).toBe('increment()')
      expect([...variables.keys()].filter((name) => name.includes('.args.'))).toEqual([])
    }
  })

  it('key collision: an argument called signature does not hide the signature', () => {
    const { objects } = evaluate(watching({ transactions: [{ status: 'Success' }] }))
    const signature = 'dangerous(String,I128)'
    const args = [argument('signature', '0xab', 'String', false), argument('amount', '5', 'I128', false)]
    const variables = matchVariables({
      Stellar: {
        ...objects[0]!,
        matched_on: { ...none, functions: [{ signature, expression: null }] },
        matched_on_args: { functions: [{ signature, args }], events: null },
      },
    })
    expect([variables.get('functions.0.signature'), variables.get('functions.0.args.signature')]).toEqual([
      signature,
      '0xab',
    ])
    expect([variables.has('monitor.name'), variables.has('transaction.hash')]).toEqual([true, true])
  })

  it('invalid contract spec: without one no call matches', () => {
    expect(evaluate(watching({ functions: [{ signature: 'increment()' }] })).numbers).toEqual([])
  })

  it('UDT expression: a list of structs is searched', () => {
    const wanted = 'CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA'
    const signature = 'submit(Address,Address,Address,Vec<Request>)'
    const input = (name: string, type_: object | string) => ({ doc: '', name, type_ })
    const requests = { vec: { element_type: { udt: { name: 'Request' } } } }
    const contract_spec = [
      {
        function_v0: {
          doc: '',
          name: 'submit',
          inputs: [
            input('from', 'address'),
            input('spender', 'address'),
            input('to', 'address'),
            input('requests', requests),
          ],
          outputs: [],
        },
      },
    ] as NonNullable<MonitorConfig['addresses'][number]['contract_spec']>
    const functions = [{ signature, expression: `requests contains ${wanted}` }]
    const { objects, numbers } = evaluate({
      ...watching({ functions }),
      addresses: [{ address: upstreamBlend, contract_spec }],
    })
    expect(numbers).toEqual([27])
    const value = `[{"address":"${wanted}","amount":{"type":"I128","value":"699998999"},"request_type":3}]`
    expect(objects[0]?.matched_on_args.functions?.[0]?.args.at(-1)).toEqual(argument('requests', value, 'Vec', false))
  })

  it('event spec: names from the spec, at an address that is no valid strkey', () => {
    const contractId = 'CBIELTK6YBZJU5UP2WWQEUCYKLPU6AUNZ2BQ4WWFEIE3USCIHMXQDAMC'
    const transaction = upstream.data.transactions[28]!
    const data = {
      ...upstream.data,
      transactions: [transaction],
      events: [
        {
          id: '1',
          type: 'contract',
          contractId,
          txHash: transaction.hash,
          transactionIndex: 0,
          operationIndex: 0,
          isInSuccessfulCall: true,
          topics: ['AAAADwAAAAR1c2Vy', 'AAAADwAAAANhZGQA', 'AAAADwAAAAExAAAA'],
          value:
            'AAAAEQAAAAEAAAADAAAADwAAAANhZ2UAAAAAAwAAABQAAAAPAAAABWVtYWlsAAAAAAAADgAAAA5qb2huQGVtYWlsLmNvbQAAAAAADwAAAARuYW1lAAAADgAAAARKb2hu',
        },
      ],
    }
    const signature = 'UserAdded(Symbol,String,U32,String)'
    const monitor = {
      ...watching({ events: [{ signature, expression: "name == 'John'" }] }),
      name: 'Testing stellar events',
      addresses: [{ address: contractId, contract_spec: upstream.specWithEvents }],
    }
    const { objects } = evaluate(monitor, {}, data)
    expect(objects).toHaveLength(1)
    const args = [
      argument('id', '1', 'Symbol', true),
      argument('name', 'John', 'String', false),
      argument('age', '20', 'U32', false),
      argument('email', 'john@email.com', 'String', false),
    ]
    expect(objects[0]?.matched_on_args.events).toEqual([{ signature, args }])
    expect(Object.fromEntries(matchVariables({ Stellar: objects[0]! }))).toMatchObject({
      'events.0.signature': signature,
      'events.0.args.name': 'John',
      'events.0.args.age': '20',
      'events.0.args.email': 'john@email.com',
    })
  })

  it('execute stellar: without envelopes an event and the bare variables of the transaction match', () => {
    const undecoded = upstream.data.transactions.map((transaction) => ({ ...transaction, envelopeXdr: undefined }))
    const { numbers, objects } = evaluate(upstream.monitor, {}, { ...upstream.data, transactions: undecoded })
    expect(numbers).toEqual([4])
    expect(objects[0]?.matched_on.transactions).toEqual([{ status: 'Success', expression: 'value >= 0' }])
  })
})
