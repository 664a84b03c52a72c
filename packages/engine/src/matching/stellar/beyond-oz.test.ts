import { describe, expect, it } from 'vitest'
import { assetContractId } from '../../stellar/asset.ts'
import { encodeXdr } from '../../stellar/xdr.ts'
import { matchVariables } from '../../template/match-variables.ts'
import {
  C,
  C2,
  envelopeOf,
  evaluateMonitors,
  event,
  G,
  G2,
  ledger,
  payment,
  stellarMonitor,
  testnet,
  transaction,
  txHash,
} from '../../testing/stellar-scene.ts'
import { stellarVectors as vectors } from '../../testing/stellar-vectors.ts'
import { assembleMatch } from '../assemble-match.ts'
import type { StellarExtensions } from './extensions.ts'

const usdc = { code: 'USDC', issuer: G2 }
const usdcJson = { credit_alphanum4: { asset_code: 'USDC', issuer: G2 } }
const operations = (type: string, expression?: string): StellarExtensions => ({
  operations: [{ type, ...(expression !== undefined && { expression }) }],
})

const paid = ledger([
  transaction(1, envelopeOf([{ body: payment(G2, '5') }, { source: G2, body: payment(G, '70', usdcJson) }])),
  transaction(2, envelopeOf([{ body: { account_merge: G2 } }], { memo: { text: 'bye' } })),
])

function matched(extensions: StellarExtensions, data = paid) {
  const { matches, failures } = evaluateMonitors({ m: { extensions, addresses: [] } }, data)
  expect(failures).toEqual([])
  return matches.map(({ txIndex }) => txIndex)
}

describe('conditions on classic operations', () => {
  it.each([
    ['payment', undefined, [0]],
    ['payment', 'amount > 10', [0]],
    ['payment', `amount > 10 AND asset == 'USDC:${G2}'`, [0]],
    ['payment', "amount > 10 AND asset == 'native'", []],
    ['payment', `source == '${G2}'`, [0]],
    ['payment', `source == '${G2}' AND asset == native`, []],
    ['account_merge', `to == ${G2}`, [1]],
    ['account_merge', `to == ${C}`, []],
    ['any', "memo == 'bye'", [1]],
    ['any', undefined, [0, 1]],
    ['clawback', undefined, []],
  ])('%s with %s', (type, expression, expected) => {
    expect(matched(operations(type, expression))).toEqual(expected)
  })

  it('show which operation, with its arguments and its place', () => {
    const extensions = operations('payment', 'amount > 10')
    const { matches } = evaluateMonitors({ m: { extensions, addresses: [] } }, paid)
    const monitor = stellarMonitor({}, [])
    const { Stellar: object } = assembleMatch({
      chain: 'Stellar',
      monitor,
      networkSlug: testnet.slug,
      ...matches[0]!,
    })
    expect(object.matched_on).toEqual({
      functions: [],
      events: [],
      transactions: [],
      operations: [{ type: 'payment', expression: 'amount > 10' }],
    })
    expect(object.positions).toEqual({ functions: [], events: [], operations: [{ operation_index: 1 }] })
    expect(object.matched_on_args.operations?.[0]?.args.map(({ name, value }) => [name, value])).toEqual(
      expect.arrayContaining([
        ['from', G2],
        ['to', G],
        ['asset', `USDC:${G2}`],
        ['amount', '70'],
        ['tx_source', G],
      ]),
    )
    const variables = matchVariables({ Stellar: object })
    expect([variables.get('operations.0.type'), variables.get('operations.0.args.amount')]).toEqual(['payment', '70'])
  })

  it('are one more way to match beside functions and events, and transactions must hold as well', () => {
    const monitor = {
      conditions: {
        events: [{ signature: 'transfer(Address,Address,String,I128)' }],
        transactions: [{ status: 'Success' as const }],
      },
      extensions: operations('account_merge'),
    }
    const { matches } = evaluateMonitors({ m: monitor }, { ...paid, events: [event(1, 'E01')] })
    expect(
      matches.map(({ txIndex, matchedOn }) => [txIndex, matchedOn.events.length, matchedOn.operations?.length]),
    ).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ])
    const failed = { ...paid, transactions: paid.transactions.map((each) => ({ ...each, status: 'FAILED' })) }
    expect(evaluateMonitors({ m: monitor }, failed).matches).toEqual([])
  })

  it('leave the object of a monitor without extensions as it is in OZ Monitor', () => {
    const { matches } = evaluateMonitors({ m: { conditions: { transactions: [{ status: 'Any' }] } } }, paid)
    const { Stellar: object } = assembleMatch({
      chain: 'Stellar',
      monitor: stellarMonitor({}),
      networkSlug: testnet.slug,
      ...matches[0]!,
    })
    expect(Object.keys(object)).toEqual([
      'monitor',
      'transaction',
      'ledger',
      'network_slug',
      'matched_on',
      'matched_on_args',
    ])
    expect(Object.keys(object.matched_on)).toEqual(['functions', 'events', 'transactions'])
    expect(Object.keys(object.matched_on_args)).toEqual(['functions', 'events'])
  })
})

describe('what OZ Monitor cannot match', () => {
  const transfer = 'transfer(Address,Address,I128)'

  it('an asset is an address, and its events have names without a spec', () => {
    const contractId = assetContractId(usdc, testnet.passphrase)
    const data = ledger([transaction(1, 'T06')], [event(1, 'E01', { contractId })])
    const signature = 'transfer(Address,Address,String,I128)'
    const conditions = { events: [{ signature, expression: 'amount == 2240 AND asset == native' }] }
    const { matches } = evaluateMonitors({ m: { conditions, addresses: [`USDC:${G2}`] } }, data)
    expect(matches.map(({ matchedOnArgs }) => matchedOnArgs.events?.[0]?.args.map(({ name }) => name))).toEqual([
      ['from', 'to', 'asset', 'amount'],
    ])
  })

  it('both data forms of a muxed transfer are one event (E04)', () => {
    const signature = 'transfer(Address,Address,String,I128)'
    const data = ledger([transaction(1, 'T06')], [event(1, 'E04')])
    const { matches } = evaluateMonitors(
      { m: { conditions: { events: [{ signature, expression: 'to_muxed_id == 42' }] } } },
      data,
    )
    expect(matches).toHaveLength(1)
    // A reading that OZ Monitor does not have brings its arguments also without an expression.
    const silent = evaluateMonitors({ m: { conditions: { events: [{ signature }] } } }, data)
    expect(silent.matches[0]?.matchedOnArgs.events).toHaveLength(1)
  })

  it.each([
    ['F04', 'submit(Request)'],
    ['F06', 'store(Bytes)'],
    ['F09', 'set_opt(Option<Address>)'],
    ['F11', 'pair(Tuple<U32,U32>)'],
    ['F12', 'send(Address,U64)'],
    ['F12', 'send(MuxedAddress,U64)'],
  ])('%s matches as %s by the types of the spec', (row, signature) => {
    const spec = [
      ...vectors.function_spec,
      {
        udt_struct_v0: {
          doc: '',
          lib: '',
          name: 'Request',
          fields: [
            { doc: '', name: 'amount', type_: 'i128' as const },
            { doc: '', name: 'kind', type_: 'u32' as const },
          ],
        },
      },
    ]
    const conditions = { functions: [{ signature }] }
    const { matches } = evaluateMonitors({ m: { conditions } }, ledger([transaction(1, row)]), { [C]: spec })
    expect(matches.map(({ matchedOn }) => matchedOn.functions)).toEqual([[{ signature, expression: null }]])
  })

  it('nested calls are seen on request only', () => {
    const invoke = (contract: string) => ({
      contract_address: contract,
      function_name: 'transfer',
      args: [{ address: G }, { address: C2 }, { i128: '5' }],
    })
    const inner = { function: { contract_fn: invoke(C) }, sub_invocations: [] }
    const outer = { ...invoke(C2), function_name: 'swap' }
    const body = {
      invoke_host_function: {
        host_function: { invoke_contract: outer },
        auth: [
          {
            credentials: 'source_account',
            root_invocation: { function: { contract_fn: outer }, sub_invocations: [inner] },
          },
        ],
      },
    }
    const data = ledger([transaction(1, envelopeOf([{ body }]))])
    const conditions = { functions: [{ signature: transfer, expression: 'amount == 5' }] }
    const specs = { [C]: vectors.function_spec }
    const nested = { conditions, extensions: { nested_calls: true } }
    const { matches } = evaluateMonitors({ nested, direct: { conditions } }, data, specs)
    expect(matches.map(({ key, positions }) => [key, positions.functions])).toEqual([
      ['nested', [{ operation_index: 0 }]],
    ])
  })
})

describe('what cannot be decoded', () => {
  const broken = Buffer.from(envelopeOf([{ body: payment(G2, '5') }]), 'base64')
  broken.writeUInt32BE(77, broken.length - 12)
  // Another arm than any known one, where the amount's operation ended.
  const envelopeXdr = Buffer.concat([broken, Buffer.alloc(4)]).toString('base64')
  const stranger = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
  const onTransaction = (expression: string) => ({
    conditions: { transactions: [{ status: 'Any' as const, expression }] },
    addresses: [],
  })

  it('fails the monitors it may concern, keeps their other matches, and is told of', () => {
    const data = ledger([transaction(1, envelopeXdr), transaction(2, envelopeOf([{ body: payment(G2, '5') }]))])
    const { matches, failures, undecoded } = evaluateMonitors(
      {
        value: onTransaction('value > 1'),
        party: onTransaction(`to == ${G2}`),
        stranger: onTransaction(`to == ${stranger}`),
        operation: { addresses: [], extensions: operations('payment') },
        strangersOperation: { addresses: [], extensions: operations('payment', `to == ${stranger}`) },
        contract: { conditions: { functions: [{ signature: 'f()' }] } },
        status: { addresses: [], conditions: { transactions: [{ status: 'Success' }] } },
        failed: { addresses: [], conditions: { transactions: [{ status: 'Failure', expression: 'value > 1' }] } },
      },
      data,
    )
    expect(failures.map(({ key }) => key).toSorted()).toEqual(['operation', 'party', 'value'])
    expect(matches.map(({ key, txIndex }) => `${key} ${txIndex}`)).toEqual([
      'status 0',
      'value 1',
      'party 1',
      'operation 1',
      'status 1',
    ])
    expect(undecoded).toEqual([{ txHash: txHash(1), part: 'envelope', error: expect.any(String) }])
  })

  it('fails the watchers of a contract that its bytes call', () => {
    const call = vectors.functions.find(({ id }) => id === 'F01')?.envelopeXdr ?? ''
    const longer = Buffer.concat([Buffer.from(call, 'base64'), Buffer.alloc(4)]).toString('base64')
    const functions = [{ signature: 'transfer(Address,Address,I128)' }]
    const { failures } = evaluateMonitors(
      { own: { conditions: { functions } }, other: { conditions: { functions }, addresses: [stranger] } },
      ledger([transaction(1, longer)]),
    )
    expect(failures.map(({ key }) => key)).toEqual(['own'])
  })

  it('fails those that watch nested calls when the diagnostic events are damaged, and no other', () => {
    const calls = { conditions: { functions: [{ signature: 'transfer(Address,Address,I128)' }] } }
    // Only an event that names the topic of a call is decoded at all.
    const named = Buffer.from('0000000f00000007666e5f63616c6c00', 'hex').toString('base64')
    const data = ledger([transaction(1, 'F01', { diagnosticEventsXdr: [named] })])
    const { matches, failures, undecoded } = evaluateMonitors(
      { nested: { ...calls, extensions: { nested_calls: true } }, direct: calls },
      data,
      { [C]: vectors.function_spec },
    )
    expect(failures.map(({ key }) => key)).toEqual(['nested'])
    expect(matches.map(({ key }) => key)).toEqual(['nested', 'direct'])
    expect(undecoded.map(({ part }) => part)).toEqual(['diagnostic_event'])
  })

  it('is not even decoded when it concerns nobody', () => {
    const { undecoded, failures, bytes } = evaluateMonitors(
      { m: onTransaction(`to == ${stranger}`) },
      ledger([transaction(1, envelopeXdr)]),
    )
    expect([undecoded, failures, bytes.decoded]).toEqual([[], [], 0])
  })

  it('drops a topic as OZ Monitor does, and says so', () => {
    const signature = 'transfer(I128)'
    const { matches, undecoded } = evaluateMonitors(
      { m: { conditions: { events: [{ signature }] } } },
      ledger([transaction(1, 'T06')], [event(1, 'E18')]),
    )
    expect([matches.length, undecoded.map(({ part }) => part)]).toEqual([1, ['event']])
  })
})

describe('upgrades of contracts', () => {
  const topics = ['executable_update'].map((symbol) => encodeXdr('ScVal', { symbol }))
  const upgrade = event(1, 'E16', { type: 'system', topics, value: encodeXdr('ScVal', 'void') })

  it('are told with the monitors that watch the contract', () => {
    const watching = { conditions: { transactions: [{ status: 'Failure' as const }] } }
    const data = ledger([transaction(1, 'T06')], [upgrade, { ...upgrade, contractId: C2 }])
    const { upgrades, matches } = evaluateMonitors({ a: watching, b: { ...watching, addresses: [C2, C] } }, data)
    expect(upgrades.map(({ contractId, keys }) => [contractId, keys])).toEqual([
      [C, ['a', 'b']],
      [C2, ['b']],
    ])
    expect(matches).toEqual([])
  })

  it('are none when the call was rolled back', () => {
    const data = ledger([transaction(1, 'T06')], [{ ...upgrade, isInSuccessfulCall: false }])
    expect(evaluateMonitors({ a: {} }, data).upgrades).toEqual([])
  })
})
