import { beforeAll, describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import { parseEvmBlock } from '../../evm/block.ts'
import { ChainDataError } from '../../evm/chain-data-error.ts'
import type { EvmLog } from '../../evm/log.ts'
import { isUpstreamMissing } from '../../testing/upstream-fixture.ts'
import {
  evaluateUpstream,
  callArguments,
  counter,
  eventArguments,
  noMatch,
  receiver,
  sender,
  transferCall,
  transferEvent,
  txIncrement,
  txUsdc,
  usdc,
  readUpstreamEvm,
  type Upstream,
} from '../../testing/upstream-evm.ts'
import { matchVariables } from '../../template/match-variables.ts'
import { ozVariables } from '../../testing/oz-variables.ts'

type Conditions = Partial<MonitorConfig['match_conditions']>
type Data = { block?: number; logs?: EvmLog[]; monitor?: MonitorConfig }

/** The tests of EXPECTED.md by its numbers. Each ABI is the monitor's own, which upstream's calls need not be. */
describe.skipIf(isUpstreamMissing)('upstream data (skipped where ../shared/spec/fixtures is missing)', () => {
  let upstream: Upstream
  beforeAll(() => {
    upstream = readUpstreamEvm()
  })

  /** The block, its logs and the monitor are monitor.json on block 0 without logs unless told. */
  function evaluate(
    conditions: Conditions | undefined,
    { block = 0, logs = [], monitor = upstream.usdcMonitor }: Data = {},
  ) {
    const given = conditions === undefined ? {} : { conditions }
    const { failures, ...outcome } = evaluateUpstream(upstream, { monitor, block, logs, ...given })
    expect(failures).toEqual([])
    return outcome
  }

  it('has the blocks and transactions that the page describes', () => {
    expect(upstream.blocks.map(({ number, transactions }) => [number, transactions.length])).toEqual([
      [21306058n, 3],
      [21306059n, 129],
      [21306060n, 128],
      [8219488n, 1],
      [26966585n, 1],
    ])
    const { json } = upstream.blocks[4]!.transactions[0]!
    expect(Object.keys(json).slice(-2)).toEqual(['l2', 'extra'])
    expect(json).not.toHaveProperty('raw')
  })

  it('test 1: an event matches once, with its arguments and without a receipt', () => {
    const { txHashes, receiptHashes, objects } = evaluate(
      { events: [transferEvent] },
      { block: 0, logs: upstream.usdcLogs },
    )
    expect([receiptHashes, txHashes]).toEqual([[], [txUsdc]])
    expect(objects[0]).toMatchObject({
      receipt: null,
      matched_on: { ...noMatch, events: [transferEvent] },
      matched_on_args: { functions: null, events: [eventArguments] },
    })
  })

  it('test 2: an event with an expression matches with all arguments in order', () => {
    const expression = `to == ${receiver} AND from == ${sender} AND value > 8000000000`
    const events = [{ ...transferEvent, expression }]
    const { txHashes, objects } = evaluate({ events }, { block: 0, logs: upstream.usdcLogs })
    expect(txHashes).toEqual([txUsdc])
    expect(objects[0]?.matched_on).toEqual({ ...noMatch, events })
    expect(objects[0]?.matched_on_args).toEqual({ functions: null, events: [eventArguments] })
  })

  it('tests 3 and 4: a call matches, its selector with 0x only when there is an expression', () => {
    const bare = evaluate({ functions: [transferCall] }, { block: 0, logs: upstream.usdcLogs })
    expect([bare.receiptHashes, bare.txHashes]).toEqual([[], [txUsdc]])
    expect(bare.objects[0]).toMatchObject({ receipt: null, matched_on: { ...noMatch, functions: [transferCall] } })
    expect(bare.objects[0]?.matched_on_args).toEqual({ functions: [callArguments('a9059cbb')], events: null })

    const functions = [{ ...transferCall, expression: 'value > 0' }]
    const filtered = evaluate({ functions }, { block: 0, logs: upstream.usdcLogs })
    expect(filtered.txHashes).toEqual([txUsdc])
    expect(filtered.objects[0]?.matched_on).toEqual({ ...noMatch, functions })
    expect(filtered.objects[0]?.matched_on_args).toEqual({ functions: [callArguments('0xa9059cbb')], events: null })
  })

  it.each([null, 'value == 0'])(
    'tests 5 and 6: a transaction condition with the expression %j matches',
    (expression) => {
      const transactions = [{ status: 'Success' as const, expression }]
      const { txHashes, receiptHashes, objects } = evaluate({ transactions }, { block: 0, logs: upstream.usdcLogs })
      // Upstream presumes the status here; it is looked up for the candidate alone.
      expect([receiptHashes, txHashes]).toEqual([[txUsdc], [txUsdc]])
      expect(objects[0]).toMatchObject({
        receipt: null,
        matched_on: { ...noMatch, transactions },
        matched_on_args: { functions: null, events: null },
      })
    },
  )

  it('test 7: all groups match, field for field', () => {
    const { txHashes, objects } = evaluate(undefined, { block: 0, logs: upstream.usdcLogs })
    const { functions, events, transactions } = upstream.usdcMonitor.match_conditions
    expect(txHashes).toEqual([txUsdc])
    expect(objects[0]).toEqual({
      monitor: {
        ...upstream.usdcMonitor,
        addresses: upstream.usdcMonitor.addresses.map(({ address }) => ({ address, contract_spec: null })),
        chain_configurations: [],
      },
      transaction: expect.objectContaining({
        hash: txUsdc,
        from: sender,
        to: usdc,
        value: '0x0',
        blockNumber: '0x1451aca',
        transactionIndex: '0xaf',
        input: expect.stringMatching(/^0xa9059cbb/),
      }),
      receipt: null,
      logs: upstream.usdcLogs.map(({ json }) => json),
      network_slug: 'ethereum_mainnet',
      matched_on: {
        functions: [{ ...transferCall, expression: functions[0]?.expression }],
        events: [{ ...transferEvent, expression: events[0]?.expression }],
        transactions,
      },
      matched_on_args: { functions: [callArguments('0xa9059cbb')], events: [eventArguments] },
    })
  })

  it('test 8: a block of another chain is refused when it is read', () => {
    const stellar = { Stellar: { sequence: 1, hash: 'aa', ledgerCloseTime: '0' } }
    expect(() => parseEvmBlock(stellar)).toThrow(ChainDataError)
    expect(() => parseEvmBlock(stellar.Stellar)).toThrow(ChainDataError)
  })

  it('test 9: the variables handed over, and the trigger', () => {
    const { objects } = evaluate(undefined, { block: 0, logs: upstream.usdcLogs })
    expect(ozVariables(matchVariables({ EVM: objects[0]! }))).toEqual({
      'monitor.name': 'Mint USDC Token',
      'transaction.hash': txUsdc,
      'transaction.from': sender,
      'transaction.to': usdc,
      'transaction.value': '0',
      'events.0.signature': 'Transfer(address,address,uint256)',
      'events.0.args.from': sender,
      'events.0.args.to': receiver,
      'events.0.args.value': '8181710000',
      'functions.0.signature': 'transfer(address,uint256)',
      'functions.0.args.to': receiver,
      'functions.0.args.value': '8181710000',
    })
    expect(objects[0]?.monitor['triggers']).toEqual(['example_trigger_slack'])
  })

  it('test 10: a function without parameters matches', () => {
    const functions = [{ signature: 'increment()', expression: null }]
    const { txHashes, objects } = evaluate({ functions }, { block: 3 })
    expect(txHashes).toEqual([txIncrement])
    expect(objects[0]?.matched_on).toEqual({ ...noMatch, functions })
    expect(objects[0]?.matched_on_args).toEqual({
      functions: [{ signature: 'increment()', args: [], hex_signature: 'd09de08a' }],
      events: null,
    })
    expect(ozVariables(matchVariables({ EVM: objects[0]! }))).toEqual({
      'monitor.name': 'Mint USDC Token',
      'transaction.hash': txIncrement,
      'transaction.from': '0x6b9501462d48f7e78ba11c98508ee16d29a03411',
      'transaction.to': counter,
      'transaction.value': '0',
      'functions.0.signature': 'increment()',
    })
  })
})
