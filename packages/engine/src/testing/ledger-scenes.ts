import fc from 'fast-check'
import type { StellarMonitorInput } from '../matching/stellar/compiled-ledger-monitor.ts'
import type { LedgerData } from '../stellar/ledger-data.ts'
import { C, C2, envelopeOf, event, G, G2, ledger, payment, stellarMonitor, transaction } from './stellar-scene.ts'
import { stellarVectors as vectors } from './stellar-vectors.ts'

const usdc = { credit_alphanum4: { asset_code: 'USDC', issuer: G2 } }

const envelopes = [
  ...vectors.functions.map(({ id }) => id),
  ...vectors.transactions.map(({ id }) => id),
  envelopeOf([{ body: payment(G2, '5') }, { source: G2, body: payment(G, '70', usdc) }]),
  envelopeOf([{ body: { account_merge: G2 } }], { memo: { text: 'bye' } }),
  envelopeOf([{ body: { change_trust: { line: usdc, limit: '5' } } }, { body: 'inflation' }], { source: G2 }),
]

const expressions = {
  contract: [
    null,
    'amount > 1000',
    'amount == 2240',
    `from == ${G}`,
    `from == '${G2}' OR amount < 0`,
    '3 >= 2240',
    '2 == native AND 0 != nobody',
    'reqs[0].kind == 1',
    'p contains 1',
    "tag == 'hello' OR nothing == 1",
    'amount_in >= 1 AND amount_out < 100000000000',
    'amount ==',
  ],
  transaction: [
    null,
    'value > 100',
    'value == 0',
    `to == ${G2}`,
    `from == '${G}' AND value >= 5`,
    `to == ${C}`,
    'ledger == 500',
    `from == ${C2}`,
  ],
  operation: [
    null,
    'amount > 5',
    `asset == 'USDC:${G2}'`,
    `to == ${G2}`,
    `source == ${G2}`,
    `from == ${C2}`,
    "memo == 'bye'",
    `tx_source == ${G} AND amount < 10`,
  ],
}

const signatures = [
  ...vectors.functions.map(({ signature }) => signature),
  ...vectors.events.flatMap(({ decoded }) => (decoded ? [decoded.signature] : [])),
  'pair(Tuple<U32,U32>)',
  'submit(Request)',
]

const frequent = [
  'transfer(Address,Address,I128)',
  'transfer(Address,Address,String,I128)',
  'note(Symbol,Bool,Timepoint)',
  'Swap(Address,I128,I128)',
  'submit_many(Vec<Request>)',
]

/** Of events and functions alike; most of them often, so that conditions meet what happens. */
const signatureConditions = fc.array(
  fc.record({
    signature: fc.oneof(fc.constantFrom(...signatures), fc.constantFrom(...frequent)),
    expression: fc.option(fc.constantFrom(...expressions.contract), { freq: 1 }),
  }),
  { maxLength: 3 },
)

const addresses = fc.uniqueArray(
  fc.constantFrom(
    C,
    C2,
    C.toLowerCase(),
    { address: C, contract_spec: vectors.event_spec },
    { address: C, contract_spec: vectors.function_spec },
    { address: C, contract_spec: [] },
    'native',
  ),
  { maxLength: 3 },
)

const extensions = fc.record(
  {
    operations: fc.array(
      fc.record({
        type: fc.constantFrom('payment', 'account_merge', 'change_trust', 'any'),
        expression: fc.constantFrom(...expressions.operation),
      }),
      { maxLength: 2 },
    ),
    nested_calls: fc.boolean(),
  },
  { requiredKeys: [] },
)

const monitor = fc
  .record({
    addresses,
    functions: signatureConditions,
    events: signatureConditions,
    transactions: fc.array(
      fc.record({
        status: fc.constantFrom('Any' as const, 'Success' as const, 'Failure' as const),
        expression: fc.constantFrom(...expressions.transaction),
      }),
      { maxLength: 2 },
    ),
    extensions: fc.option(extensions, { nil: undefined }),
  })
  .map(({ addresses: watched, extensions: own, ...conditions }) => ({
    configuration: stellarMonitor(conditions, watched),
    ...(own && { extensions: own }),
  }))

/** Monitors under keys of their own. */
export const ledgerMonitors: fc.Arbitrary<StellarMonitorInput[]> = fc
  .array(monitor, { minLength: 1, maxLength: 12 })
  .map((list) => list.map((each, number) => ({ key: `m${number}`, ...each })))

/** A ledger of rows of the vectors and transactions of our own, each with some events. */
export const ledgers: fc.Arbitrary<LedgerData> = fc
  .array(
    fc.record({
      envelope: fc.oneof(fc.constantFrom(...envelopes), fc.constantFrom('F01', 'F02', 'F05', 'F13')),
      status: fc.constantFrom('SUCCESS', 'FAILED', 'UNKNOWN'),
      rows: fc.array(fc.constantFrom(...vectors.events.map(({ id }) => id)), { maxLength: 3 }),
      contractId: fc.constantFrom(C, C, C2),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((list) =>
    ledger(
      list.map(({ envelope, status }, number) => transaction(number + 1, envelope, { status })),
      list.flatMap(({ rows, contractId }, number) =>
        rows.map((row, place) => event(number + 1, row, { contractId, id: `${number}-${place}` })),
      ),
    ),
  )
