import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createJsonRpc } from '../json-rpc.ts'
import { at, fieldsOf, list, text } from './answers.ts'
import { muxedAddress } from './assets.ts'
import type { SimulatedOperation, SimulatedTransaction } from './operation.ts'
import { stellarOperation as operation } from './operations.ts'
import { startStellarSimulator, type StellarSimulator } from './simulator.ts'
import { scVal } from './values.ts'
import { decodeXdr } from './xdr.ts'

describe('operations of the Stellar simulator', () => {
  let simulator: StellarSimulator
  beforeAll(async () => {
    simulator = await startStellarSimulator({ classicEvents: true })
  })
  afterAll(() => simulator.close())

  /** The transaction alone in a ledger, with its envelope, result and events decoded. */
  const apply = async (operations: SimulatedOperation[], rest: Partial<SimulatedTransaction> = {}) => {
    const hash = simulator.submit({ source: simulator.accounts.alice, operations, ...rest })
    const { sequence } = simulator.closeLedger()
    const rpc = createJsonRpc(simulator.url)
    const [transaction] = list(await rpc('getTransactions', { startLedger: sequence }), 'transactions')
    const events = list(await rpc('getEvents', { startLedger: sequence }), 'events')
    return {
      hash,
      status: at(transaction, 'status'),
      envelope: decodeXdr('TransactionEnvelope', text(transaction, 'envelopeXdr')),
      result: at(decodeXdr('TransactionResult', text(transaction, 'resultXdr')), 'result'),
      events: events.map((event) => ({
        contractId: at(event, 'contractId'),
        topics: list(event, 'topic').map((topic) => Object.values(fieldsOf(decodeXdr('ScVal', text(topic))))[0]),
        data: decodeXdr('ScVal', text(event, 'value')),
      })),
    }
  }
  const withoutFees = <Event extends { topics: unknown[] }>(events: Event[]) =>
    events.filter(({ topics }) => topics[0] !== 'fee')

  it('name the parties of movements as CAP-67 does: mint from the issuer, burn to it, transfer between others', async () => {
    const { alice, bob, issuer } = simulator.accounts
    const usdc = `USDC:${issuer}`
    const { events } = await apply([
      operation.payment({ to: bob, asset: usdc, amount: 1n }),
      operation.payment({ from: issuer, to: bob, asset: usdc, amount: 2n }),
      operation.payment({ to: issuer, asset: usdc, amount: 3n }),
      operation.clawback({ from: issuer, holder: bob, asset: usdc, amount: 4n }),
      operation.payment({ to: bob, asset: 'native', amount: 5n }),
    ])
    expect(withoutFees(events).map(({ topics, data }) => [...topics, at(data, 'i128')])).toEqual([
      ['transfer', alice, bob, usdc, '1'],
      ['mint', bob, usdc, '2'],
      ['burn', alice, usdc, '3'],
      ['clawback', bob, usdc, '4'],
      ['transfer', alice, bob, 'native', '5'],
    ])
    expect(events.map(({ contractId }) => contractId)).toEqual([
      simulator.assetContract('native'),
      ...Array.from({ length: 4 }, () => simulator.assetContract(usdc)),
      simulator.assetContract('native'),
    ])
  })

  it('tell the receiver of a muxed address or a memo in the data', async () => {
    const { bob } = simulator.accounts
    const pay = (to: string) => [operation.payment({ to, asset: 'native', amount: 1n })]
    const idOf = async (to: string, memo?: SimulatedTransaction['memo']) => {
      const { events } = await apply(pay(to), memo === undefined ? {} : { memo })
      return at(withoutFees(events)[0]?.data, 'map', 1, 'val')
    }
    expect(await idOf(bob)).toBeUndefined()
    expect(await idOf(muxedAddress(bob, 2n ** 64n - 1n))).toEqual(scVal.u64(2n ** 64n - 1n))
    expect(await idOf(bob, 'invoice 7')).toEqual(scVal.string('invoice 7'))
    expect(await idOf(bob, { id: 5n })).toEqual(scVal.u64(5n))
    expect(await idOf(bob, { hash: 'ab'.repeat(32) })).toEqual(scVal.bytes('ab'.repeat(32)))
  })

  it('give a merged account’s lumens to the other one', async () => {
    const { alice, dave } = simulator.accounts
    const { result, events } = await apply([operation.mergeAccount({ from: dave, to: alice })])
    expect(result).toEqual({ tx_success: [{ op_inner: { account_merge: { success: '10000000000000' } } }] })
    expect(withoutFees(events)).toMatchObject([{ topics: ['transfer', dave, alice, 'native'] }])
    const second = await apply([operation.mergeAccount({ from: dave, to: alice })])
    expect(second.result).toEqual({ tx_success: [{ op_inner: { account_merge: { success: '0' } } }] })
  })

  it('leave nothing but the fee when the transaction fails', async () => {
    const { bob } = simulator.accounts
    const pay = operation.payment({ to: bob, asset: 'native', amount: 1n })
    const { status, result, events } = await apply([pay, pay], { fails: true })
    expect([status, result]).toEqual([
      'FAILED',
      { tx_failed: [{ op_inner: { payment: 'success' } }, { op_inner: { payment: 'underfunded' } }] },
    ])
    expect(events.map(({ topics }) => topics[0])).toEqual(['fee'])
    const bumped = await apply([pay], { fails: true, feeBump: { source: bob } })
    expect(at(bumped.result, 'tx_fee_bump_inner_failed', 'result', 'result', 'tx_failed')).toHaveLength(1)
  })

  it('carry the credentials of today’s protocol', async () => {
    const { bob } = simulator.accounts
    const { contractId } = simulator.deploy({ name: 'credentials', spec: [] })
    const call = { contractId, functionName: 'do', args: [] }
    for (const kind of ['address', 'address_v2', 'address_with_delegates'] as const) {
      const { envelope } = await apply([operation.callContract(call, { authorization: { kind, address: bob } })])
      const body = at(envelope, 'tx', 'tx', 'operations', 0, 'body', 'invoke_host_function')
      expect(at(body, 'auth', 0, 'credentials', kind)).toBeDefined()
    }
    const { envelope } = await apply([operation.callContract(call)])
    expect(JSON.stringify(envelope)).toContain('"credentials":"source_account"')
  })

  it('name the balance that was created, so that it can be claimed', async () => {
    const { alice, bob } = simulator.accounts
    const created = await apply([operation.createClaimableBalance({ asset: 'native', amount: 5n, claimants: [bob] })])
    const balance = text(created.result, 'tx_success', 0, 'op_inner', 'create_claimable_balance', 'success')
    expect(withoutFees(created.events)).toMatchObject([{ topics: ['transfer', alice, balance, 'native'] }])
    const claimed = await apply([operation.claimBalance({ from: bob, balance, asset: 'native', amount: 5n })])
    expect(withoutFees(claimed.events)).toMatchObject([{ topics: ['transfer', balance, bob, 'native'] }])
  })
})
