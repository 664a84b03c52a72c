import { schema } from '@stellar/stellar-xdr-json'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JsonValue } from '../config/json.ts'
import {
  account,
  callOperation,
  contractAddress,
  envelopeOf,
  envelopeXdr,
  feeBumpOf,
  invocation,
  muxedAccount,
  otherAccount,
  type OperationJson,
  usdc,
} from '../testing/stellar-values.ts'
import { isUpstreamMissing } from '../testing/upstream-fixture.ts'
import { upstreamTransactions } from '../testing/upstream-stellar-xdr.ts'
import { readEnvelope } from './envelope.ts'
import { declaredParametersOf, type Operation, operationsOf, operationTypes } from './operation.ts'
import { decodeXdr, encodeXdr } from './xdr.ts'

const asset = { credit_alphanum4: { asset_code: 'USDC', issuer: otherAccount } }
const price = { n: 1, d: 3 }
const pool = 'LA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUPJN'
const balance = 'BAAAKBIFAUCQKBIFAUCQKBIFAUCQKBIFAUCQKBIFAUCQKBIFAUCQKBPPVE'
const noOptions = {
  inflation_dest: null,
  clear_flags: null,
  set_flags: null,
  master_weight: null,
  low_threshold: null,
  med_threshold: null,
  high_threshold: null,
  home_domain: null,
  signer: null,
}

function ownText({ parameters }: Operation): string {
  const own = parameters.slice(
    0,
    parameters.findIndex(({ name }) => name === 'source'),
  )
  return own.map(({ name, value }) => `${name}=${value}`).join(' ')
}

const G = account
const G2 = otherAccount

/** Every type once; the texts are what an expression may name. */
const rows: [string, JsonValue, string][] = [
  [
    'create_account',
    { create_account: { destination: G2, starting_balance: '5' } },
    `from=${G} to=${G2} destination=${G2} asset=native amount=5`,
  ],
  [
    'payment',
    { payment: { destination: G2, asset, amount: '7' } },
    `from=${G} to=${G2} destination=${G2} asset=${usdc} amount=7`,
  ],
  [
    'path_payment_strict_receive',
    {
      path_payment_strict_receive: {
        send_asset: 'native',
        send_max: '9',
        destination: G2,
        dest_asset: asset,
        dest_amount: '7',
        path: ['native', asset],
      },
    },
    `from=${G} to=${G2} destination=${G2} asset=${usdc} amount=7 send_asset=native send_max=9 dest_asset=${usdc} dest_amount=7 path=["native","${usdc}"]`,
  ],
  [
    'path_payment_strict_send',
    {
      path_payment_strict_send: {
        send_asset: 'native',
        send_amount: '9',
        destination: G2,
        dest_asset: asset,
        dest_min: '7',
        path: [],
      },
    },
    `from=${G} to=${G2} destination=${G2} asset=native amount=9 send_asset=native send_amount=9 dest_asset=${usdc} dest_min=7 path=[]`,
  ],
  [
    'manage_sell_offer',
    { manage_sell_offer: { selling: 'native', buying: asset, amount: '5', price, offer_id: '0' } },
    `selling=native buying=${usdc} amount=5 price=3333333 price_n=1 price_d=3 offer_id=0`,
  ],
  [
    'manage_buy_offer',
    { manage_buy_offer: { selling: 'native', buying: asset, buy_amount: '5', price, offer_id: '8' } },
    `selling=native buying=${usdc} amount=5 price=3333333 price_n=1 price_d=3 offer_id=8`,
  ],
  [
    'create_passive_sell_offer',
    { create_passive_sell_offer: { selling: 'native', buying: asset, amount: '5', price } },
    `selling=native buying=${usdc} amount=5 price=3333333 price_n=1 price_d=3`,
  ],
  [
    'set_options',
    { set_options: { ...noOptions, set_flags: 8, home_domain: 'example.com', signer: { key: G2, weight: 1 } } },
    `set_flags=8 home_domain=example.com signer_key=${G2} signer_weight=1`,
  ],
  ['change_trust', { change_trust: { line: asset, limit: '100' } }, `asset=${usdc} limit=100`],
  [
    'allow_trust',
    { allow_trust: { trustor: G2, asset: 'USDC', authorize: 1 } },
    `trustor=${G2} asset=USDC:${G} authorize=1`,
  ],
  ['account_merge', { account_merge: G2 }, `from=${G} to=${G2} destination=${G2} asset=native`],
  ['inflation', 'inflation', ''],
  ['manage_data', { manage_data: { data_name: 'key', data_value: '00ff' } }, 'data_name=key data_value=00ff'],
  ['bump_sequence', { bump_sequence: { bump_to: '12' } }, 'bump_to=12'],
  [
    'create_claimable_balance',
    {
      create_claimable_balance: {
        asset,
        amount: '5',
        claimants: [{ claimant_type_v0: { destination: G2, predicate: 'unconditional' } }],
      },
    },
    `from=${G} asset=${usdc} amount=5 claimants=["${G2}"]`,
  ],
  ['claim_claimable_balance', { claim_claimable_balance: { balance_id: balance } }, `balance_id=${balance}`],
  [
    'begin_sponsoring_future_reserves',
    { begin_sponsoring_future_reserves: { sponsored_id: G2 } },
    `sponsored_id=${G2}`,
  ],
  ['end_sponsoring_future_reserves', 'end_sponsoring_future_reserves', ''],
  [
    'revoke_sponsorship',
    { revoke_sponsorship: { ledger_entry: { trustline: { account_id: G2, asset } } } },
    `entry_type=trustline account=${G2}`,
  ],
  ['clawback', { clawback: { asset, from: G2, amount: '5' } }, `from=${G2} asset=${usdc} amount=5`],
  ['clawback_claimable_balance', { clawback_claimable_balance: { balance_id: balance } }, `balance_id=${balance}`],
  [
    'set_trust_line_flags',
    { set_trust_line_flags: { trustor: G2, asset, clear_flags: 1, set_flags: 2 } },
    `trustor=${G2} asset=${usdc} set_flags=2 clear_flags=1`,
  ],
  [
    'liquidity_pool_deposit',
    {
      liquidity_pool_deposit: {
        liquidity_pool_id: pool,
        max_amount_a: '1',
        max_amount_b: '2',
        min_price: price,
        max_price: { n: 2, d: 1 },
      },
    },
    `liquidity_pool_id=${pool} max_amount_a=1 max_amount_b=2 min_price=3333333 min_price_n=1 min_price_d=3 max_price=20000000 max_price_n=2 max_price_d=1`,
  ],
  [
    'liquidity_pool_withdraw',
    { liquidity_pool_withdraw: { liquidity_pool_id: pool, amount: '3', min_amount_a: '1', min_amount_b: '2' } },
    `liquidity_pool_id=${pool} amount=3 min_amount_a=1 min_amount_b=2`,
  ],
  [
    'invoke_host_function',
    callOperation(invocation(contractAddress, 'f', [])).body,
    `host_function=invoke_contract contract=${contractAddress} function_name=f`,
  ],
  ['extend_footprint_ttl', { extend_footprint_ttl: { ext: 'v0', extend_to: 5 } }, 'extend_to=5'],
  ['restore_footprint', { restore_footprint: { ext: 'v0' } }, ''],
]

describe('operationsOf', () => {
  it.each(rows)('reads %s', (type, body, expected) => {
    const [operation] = operationsOf(envelopeOf({ body }))
    expect(operation).toMatchObject({ index: 0, type })
    expect(operation && ownText(operation)).toBe(expected)
  })

  it('knows every type of operation, and the rows above are all', () => {
    expect(rows.map(([type]) => type).toSorted()).toEqual([...operationTypes].toSorted())
  })

  it('knows every type that the decoder knows', () => {
    decodeXdr('ScVal', 'AAAAAQ==')
    const described: unknown = JSON.parse(schema('OperationType'))
    const names = z.object({ enum: z.array(z.string()) }).parse(described).enum
    expect([...operationTypes].toSorted()).toEqual(names.toSorted())
  })

  it('declares every parameter it returns with the kind it returns', () => {
    for (const [, body] of rows) {
      for (const { type, parameters } of operationsOf(envelopeOf({ source: muxedAccount, body }))) {
        const declared = declaredParametersOf(type)
        for (const { name, kind } of parameters) expect(declared).toContainEqual({ name, kind })
      }
    }
  })

  const payment: OperationJson = {
    source: muxedAccount,
    body: { payment: { destination: muxedAccount, asset: 'native', amount: '1' } },
  }

  it('shows a muxed account as its account and as written', () => {
    const [operation] = operationsOf(envelopeOf(payment))
    expect(operation?.parameters.map(({ name, value }) => [name, value])).toEqual(
      expect.arrayContaining([
        ['to', G2],
        ['to_muxed', muxedAccount],
        ['source', G2],
        ['source_muxed', muxedAccount],
        ['tx_source', G],
      ]),
    )
  })

  it('tells who pays the fee of a fee bump, and the memo', () => {
    const common = (envelope: ReturnType<typeof envelopeOf>) =>
      Object.fromEntries(
        operationsOf(envelope).flatMap(({ parameters }) => parameters.map(({ name, value }) => [name, value])),
      )
    expect(common(feeBumpOf(payment))).toMatchObject({
      tx_source: G,
      fee_source: G2,
      is_fee_bump: 'true',
      memo: '',
      memo_type: 'none',
    })
    expect(common(readEnvelope(envelopeXdr([payment], { text: 'caf\\xc3\\xa9' })))).toMatchObject({
      is_fee_bump: 'false',
      memo: 'café',
      memo_type: 'text',
    })
    expect(common(readEnvelope(envelopeXdr([payment], { id: '18446744073709551615' })))).toMatchObject({
      memo: '18446744073709551615',
      memo_type: 'id',
    })
  })

  it('names the pool of a trustline for pool shares', () => {
    const line = { pool_share: { liquidity_pool_constant_product: { asset_a: 'native', asset_b: asset, fee: 30 } } }
    const [operation] = operationsOf(envelopeOf({ body: { change_trust: { line, limit: '100' } } }))
    expect(operation && ownText(operation)).toMatch(/^asset=pool_share liquidity_pool_id=L[A-Z2-7]{55} limit=100$/)
  })

  it('adds what the network answered', () => {
    const operations = [
      { body: { account_merge: G2 } },
      {
        body: {
          path_payment_strict_send: {
            send_asset: 'native',
            send_amount: '9',
            destination: G2,
            dest_asset: asset,
            dest_min: '7',
            path: [],
          },
        },
      },
    ]
    const results = [
      { op_inner: { account_merge: { success: '123' } } },
      {
        op_inner: {
          path_payment_strict_send: { success: { offers: [], last: { destination: G2, asset, amount: '8' } } },
        },
      },
    ]
    const answer = (result: JsonValue) => encodeXdr('TransactionResult', { fee_charged: '100', result, ext: 'v0' })
    const [merge, payment2] = operationsOf(envelopeOf(...operations), answer({ tx_success: results }))
    expect(merge?.parameters).toContainEqual({ name: 'amount', value: '123', kind: 'I64', indexed: false })
    expect(payment2?.parameters).toContainEqual({ name: 'dest_amount', value: '8', kind: 'I64', indexed: false })
    const [failed] = operationsOf(envelopeOf(...operations), answer({ tx_failed: results }))
    expect(failed?.parameters.map(({ name }) => name)).not.toContain('amount')
  })

  it.skipIf(isUpstreamMissing)('reads all operations of real transactions', () => {
    for (const { envelopeXdr: xdr, resultXdr } of upstreamTransactions()) {
      const envelope = readEnvelope(xdr)
      expect(operationsOf(envelope, resultXdr)).toHaveLength(envelope.operations.length)
    }
  })
})
