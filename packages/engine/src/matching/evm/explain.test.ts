import { describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import { word } from '../../testing/abi-sample.ts'
import { address, block, erc20Abi, hash, logs, monitor, receipts, transferLog } from '../../testing/evm-chain.ts'
import { evaluateBlock } from './evaluate-block.ts'
import { explainMatch } from './explain.ts'
import { compileMonitors } from './monitor-index.ts'

const token = address(0x70)
const D1 = hash(0xd1)
const abi: NonNullable<MonitorConfig['addresses'][number]['contract_spec']> = [
  ...erc20Abi,
  { type: 'function', name: 'burn', inputs: [{ name: 'amount', type: 'uint256' }], outputs: [] },
]
const erc20 = { address: token, contract_spec: abi }
const onTransfer = (expression: string) => [{ signature: 'Transfer(address,address,uint256)', expression }]

type Parts = { to?: string | null; input?: string; value?: bigint; status?: string; others?: Parameters<typeof logs> }

function explain(
  configuration: MonitorConfig,
  { to = token, input, value = 5n, status = '0x1', others = [] }: Parts = {},
) {
  const data = {
    block: block([{ hash: D1, to, ...(input === undefined ? {} : { input }) }]),
    logs: logs(transferLog({ token, transactionHash: D1, value }), ...others),
  }
  const facts = receipts({ [D1]: status })
  const explanation = explainMatch({ configuration, data, txHash: D1, receipt: facts.get(D1)! })
  // What is explained is what is evaluated.
  const { matches } = evaluateBlock(compileMonitors('n', [{ key: 'm', configuration }]), data, { receipts: facts })
  expect(explanation.matched).toBe(matches.length === 1)
  return explanation
}

describe('explainMatch', () => {
  it('shows each part of an expression with its value, and what was skipped', () => {
    const { gates, summary } = explain(
      monitor([erc20], { events: onTransfer('value > 9 AND from == 0x01 OR value == 5') }),
    )
    expect(summary).toBe('Matched: events.')
    expect(gates.events.logs[0]).toMatchObject({
      outcome: 'matched',
      signature: 'Transfer(address,address,uint256)',
      conditions: [
        {
          result: true,
          trace: {
            kind: 'or',
            operands: [
              { kind: 'and', result: false, operands: [{ value: '5', result: false }, { result: 'skipped' }] },
              { text: 'value == 5', value: '5', value_kind: 'uint256', result: true },
            ],
          },
        },
      ],
    })
  })

  it('tries the conditions in order, up to the first that holds', () => {
    const events = [...onTransfer('value > 9'), ...onTransfer('value > 1'), ...onTransfer('value > 0')]
    const { gates } = explain(monitor([erc20], { events }))
    expect(gates.events.logs[0]?.conditions.map(({ index, result }) => [index, result])).toEqual([
      [0, false],
      [1, true],
      [2, 'not_reached'],
    ])
  })

  it('names an error instead of hiding it as false', () => {
    const { gates, summary } = explain(monitor([erc20], { events: onTransfer('amount > 1') }))
    expect(gates.events.logs[0]?.conditions[0]?.result).toEqual({ error: 'VariableNotFound' })
    expect(summary).toBe('Not matched: no event condition holds.')
  })

  it('says why each log is no evidence', () => {
    const more = [
      { address: address(0x99), transactionHash: D1 },
      { address: token, transactionHash: D1 },
      { address: token, transactionHash: D1, topics: [hash(9)] },
      { address: token, transactionHash: D1, topics: transferLog({ token, transactionHash: D1 }).topics!.slice(0, 2) },
    ]
    const { gates } = explain(monitor([erc20], { events: [{ signature: 'Ping()' }] }), { others: more })
    expect(gates.events.logs.map(({ outcome }) => outcome)).toEqual([
      'no_condition',
      'not_watched',
      'no_topics',
      'unknown_event',
      'undecodable',
    ])
    expect(explain(monitor([token], { events: onTransfer('value > 1') })).gates.events.logs[0]?.outcome).toBe(
      'no_contract_spec',
    )
  })

  it('says why a call is no evidence', () => {
    const burn = { functions: [{ signature: 'burn(uint256)', expression: 'amount > 1' }] }
    const outcomeOf = (parts: Parts, entries: Parameters<typeof monitor>[0] = [erc20]) =>
      explain(monitor(entries, burn), parts).gates.functions.outcome
    const selector = '0x42966c68'
    expect(outcomeOf({ to: null })).toBe('not_called')
    expect(outcomeOf({ input: '0x42' })).toBe('not_called')
    expect(outcomeOf({ to: address(0x99), input: selector })).toBe('not_watched')
    expect(outcomeOf({ input: selector }, [token])).toBe('no_contract_spec')
    expect(outcomeOf({ input: '0xffffffff' })).toBe('unknown_function')
    expect(outcomeOf({ input: selector })).toBe('undecodable')
    expect(outcomeOf({ input: `${selector}${word(1n)}` })).toBe('not_matched')
    expect(outcomeOf({ input: `${selector}${word(2n)}` })).toBe('matched')
  })

  it('tells the status and the variables of the transaction, also when events were already missing', () => {
    const conditions = {
      events: onTransfer('value > 9'),
      transactions: [{ status: 'Failure' as const }, { status: 'Any' as const, expression: 'nonce == 1' }],
    }
    const { gates, transaction } = explain(monitor([erc20], conditions))
    expect(transaction.status).toBe('Success')
    expect(gates.transactions.conditions.map(({ result }) => result)).toEqual(['status_differs', true])
    expect(gates.transactions.variables).toContainEqual({ name: 'nonce', kind: 'uint256', value: '1' })
    expect(gates.combination).toEqual({ passed: false, rule: 'events and transactions' })
  })

  it('says who took part and whether anybody of them is watched', () => {
    const { gates, summary } = explain(monitor([address(0x99)]))
    expect(gates.address).toEqual({
      passed: false,
      involved: [
        { address: address(0xf0), as: ['sender'], watched: false },
        { address: token, as: ['recipient', 'emitter'], watched: false },
      ],
    })
    expect(summary).toBe('Not matched: no watched address takes part in the transaction.')
  })

  it('refuses a transaction that the block has not', () => {
    const data = { block: block([]), logs: [] }
    const receipt = receipts({ [D1]: '0x1' }).get(D1)!
    expect(() => explainMatch({ configuration: monitor([token]), data, txHash: D1, receipt })).toThrow(
      expect.objectContaining({ code: 'unknown_transaction' }),
    )
  })
})
