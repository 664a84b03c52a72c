import { describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import { callTo, contract, D1, eventOf, matchesOf } from '../../testing/contract.ts'
import { address, block, hash, monitor, receipts } from '../../testing/evm-chain.ts'
import { compileMonitors } from './monitor-index.ts'
import { evaluateBlock } from './evaluate-block.ts'

const sender = '00000000000000000000000000000000000000f0'
const transfer = callTo('transfer', [
  { name: 'to', type: 'address', value: sender },
  { name: 'value', type: 'uint256', value: 5n },
])
const transferEvent = (value = 5n) =>
  eventOf('Transfer', [
    { name: 'from', type: 'address', indexed: true, value: hash(1) },
    { name: 'to', type: 'address', indexed: true, value: hash(2) },
    { name: 'value', type: 'uint256', value },
  ])
const abi = [...transfer.abi, ...transferEvent().abi]
const watched = { address: contract, contract_spec: abi }
const call = [{ hash: D1, to: contract, input: transfer.input }]
const functions = [{ signature: 'transfer(address,uint256)' }]
const events = [{ signature: 'Transfer(address,address,uint256)' }]
const success = [{ status: 'Success' as const }]
const nothing = { functions: [], events: [], transactions: [] }
const watch = (conditions: Partial<MonitorConfig['match_conditions']>) => monitor([watched], conditions)

/** spec/04 §11, cases 1 to 24; what docs/compatibility.md has otherwise says so. */
describe('edge cases of groups, conditions and receipts', () => {
  it('1: a monitor without addresses never matches', () => {
    const all = [nothing, { functions }, { events }, { transactions: success }].map((conditions) =>
      monitor([], conditions),
    )
    expect(matchesOf(all, { transactions: call, logs: [transferEvent().log] }).matches).toEqual([])
  })

  it('2: without conditions each transaction from, to or logging from the address matches with nothing to show', () => {
    const transactions = [
      { hash: hash(1), from: contract },
      { hash: hash(2), to: contract },
      { hash: D1 },
      { hash: hash(4) },
    ]
    const { matches } = matchesOf([watch({})], { transactions, logs: [{ ...transferEvent().log, topics: [] }] })
    expect(matches.map(({ txHash }) => txHash)).toEqual([hash(1), hash(2), D1])
    for (const match of matches) {
      expect(match).toMatchObject({ matchedOn: nothing, matchedOnArgs: { functions: null, events: null } })
    }
  })

  it('3: a transaction condition matches for the sender', () => {
    const { matches } = matchesOf([watch({ transactions: success })], { transactions: [{ hash: D1, from: contract }] })
    expect(matches).toHaveLength(1)
  })

  it('4: a transaction condition matches for the emitter of a log without a spec', () => {
    const bare = monitor([contract], { transactions: success })
    const { matches } = matchesOf([bare], { transactions: [{ hash: D1 }], logs: [transferEvent().log] })
    expect(matches).toHaveLength(1)
  })

  it('5: of functions and events one is enough, and the other is empty and null', () => {
    const { matches } = matchesOf([watch({ functions, events })], { transactions: call })
    expect(matches).toMatchObject([{ matchedOn: { events: [] }, matchedOnArgs: { events: null } }])
    expect(matches[0]?.matchedOn.functions).toHaveLength(1)
  })

  it('6: events that match without their transaction condition are no match', () => {
    const failing = watch({ events, transactions: [{ status: 'Failure' }] })
    expect(matchesOf([failing], { logs: [transferEvent().log] }).matches).toEqual([])
  })

  it('7: a transaction condition that matches without the function is no match', () => {
    const missing = watch({ functions: [{ signature: 'burn()' }], transactions: success })
    expect(matchesOf([missing], { transactions: call }).matches).toEqual([])
  })

  it('8: of two transaction conditions that hold only the first is reported', () => {
    const transactions = [
      { status: 'Success' as const, expression: 'value == 0' },
      { status: 'Any' as const, expression: 'nonce == 1' },
    ]
    expect(matchesOf([watch({ transactions })]).matches[0]?.matchedOn.transactions).toEqual([transactions[0]])
  })

  it('9: Any is reported as the status of the transaction', () => {
    const { matches } = matchesOf([watch({ transactions: [{ status: 'Any', expression: null }] })])
    expect(matches[0]?.matchedOn.transactions).toEqual([{ status: 'Success', expression: null }])
  })

  it('10: of two conditions on a function the one whose expression is true is reported', () => {
    const conditions = ['value > 5', 'value > 4'].map((expression) => ({ ...functions[0]!, expression }))
    const { matches } = matchesOf([watch({ functions: conditions })], { transactions: call })
    expect(matches[0]?.matchedOn.functions).toEqual([conditions[1]])
  })

  it('11: three logs of one event are three entries in log order, arguments beside them', () => {
    const values = [3n, 1n, 2n]
    const { matches } = matchesOf([watch({ events })], { logs: values.map((value) => transferEvent(value).log) })
    expect(matches).toHaveLength(1)
    expect(matches[0]?.matchedOn.events).toEqual(values.map(() => ({ ...events[0], expression: null })))
    expect(matches[0]?.matchedOnArgs.events?.map(({ args }) => args[2]?.value)).toEqual(['3', '1', '2'])
  })

  it('12: each log takes the first condition that accepts it', () => {
    const conditions = [{ ...events[0]!, expression: 'value > 100' }, events[0]!]
    const logs = [transferEvent(500n).log, transferEvent(5n).log]
    const { matches } = matchesOf([watch({ events: conditions })], { logs })
    expect(matches[0]?.matchedOn.events.map(({ expression }) => expression)).toEqual(['value > 100', null])
  })

  it.each(['Transfer(address, address, uint256)', ' transfer (ADDRESS,address,\tuint256)'])(
    '13, 14: the signature %j is reported as the ABI has it',
    (signature) => {
      const { matches } = matchesOf([watch({ events: [{ signature }] })], { logs: [transferEvent().log] })
      expect(matches[0]?.matchedOn.events).toEqual([{ ...events[0], expression: null }])
    },
  )

  it('15: uint is not uint256', () => {
    const aliased = watch({ functions: [{ signature: 'transfer(address,uint)' }] })
    expect(matchesOf([aliased], { transactions: call }).matches).toEqual([])
  })

  it('16: the selector has its 0x only with an expression, the topic always', () => {
    const filtered = watch({ functions: [{ ...functions[0]!, expression: 'value > 0' }], events })
    const { matches } = matchesOf([watch({ functions }), filtered], { transactions: call, logs: [transferEvent().log] })
    expect(matches.map(({ matchedOnArgs }) => matchedOnArgs.functions?.[0]?.hex_signature)).toEqual([
      'a9059cbb',
      '0xa9059cbb',
    ])
    expect(matches[1]?.matchedOnArgs.events?.[0]?.hex_signature).toMatch(/^0xddf252ad[0-9a-f]{56}$/)
  })

  it('17: a contract creation calls no function, and its recipient is empty text', () => {
    const transactions = [{ hash: D1, from: contract, to: null, input: transfer.input }]
    const creating = watch({ transactions: [{ status: 'Any', expression: "to == ''" }] })
    expect(matchesOf([watch({ functions }), creating], { transactions }).matches).toMatchObject([{ key: 'm1' }])
  })

  it('18: empty input is 0x, not empty text', () => {
    const asking = ["input == '0x'", "input == ''"].map((expression) =>
      watch({ transactions: [{ status: 'Any', expression }] }),
    )
    expect(matchesOf(asking).matches).toMatchObject([{ key: 'm0' }])
  })

  it('19: input and hash compare in any letter case', () => {
    const expressions = ['input starts_with 0xA9059CBB', `hash == ${D1.replace('d1', 'D1')}`]
    const asking = expressions.map((expression) => watch({ transactions: [{ status: 'Any', expression }] }))
    expect(matchesOf(asking, { transactions: call }).matches).toHaveLength(2)
  })

  it('20, otherwise than upstream: a reverted call matches its function and Failure, never Success', () => {
    const monitors = [
      watch({ functions }),
      watch({ transactions: success }),
      watch({ transactions: [{ status: 'Failure' }] }),
    ]
    const happening = { transactions: call, logs: [transferEvent().log], receipt: { status: '0x0' } }
    expect(matchesOf(monitors, happening).matches.map(({ key }) => key)).toEqual(['m0', 'm2'])
  })

  it('21, otherwise than upstream: only candidates need receipts; in a block without logs the match shows them', () => {
    const transactions = [...call, { hash: hash(9) }]
    const { matches, receiptHashes } = matchesOf([watch({ transactions: success })], { transactions })
    expect(receiptHashes).toEqual([D1])
    expect(matches).toMatchObject([{ withReceipt: true, item: { logs: [], receipt: { transactionHash: D1 } } }])
  })

  it('22: gas_used makes the match show the receipt', () => {
    const asking = watch({ transactions: [{ status: 'Any', expression: 'gas_used > 0' }] })
    const { matches } = matchesOf([asking], { transactions: call, logs: [transferEvent().log] })
    expect(matches).toMatchObject([{ withReceipt: true, item: { receipt: { gasUsed: '0x5208' } } }])
  })

  it('23: a receipt without a status is a failure', () => {
    const monitors = [watch({ transactions: success }), watch({ transactions: [{ status: 'Failure' }] })]
    const { matches } = matchesOf(monitors, { receipt: { status: null } })
    expect(matches).toMatchObject([{ key: 'm1', matchedOn: { transactions: [{ status: 'Failure' }] } }])
  })

  it('24, otherwise than upstream: a missing receipt fails the monitors that need it, and no others', () => {
    const monitors = [watch({}), watch({ transactions: success })]
    const index = compileMonitors(
      'testnet',
      monitors.map((configuration, position) => ({ key: `m${position}`, configuration })),
    )
    const data = { block: block([{ hash: D1, to: contract }]), logs: [] }
    const { matches, failures } = evaluateBlock(index, data, { receipts: receipts({ [hash(1)]: '0x1' }) })
    expect(matches.map(({ key }) => key)).toEqual(['m0'])
    expect(failures).toMatchObject([{ key: 'm1' }])
  })

  it('25, 40: the fees are those that the node reports, and 0 where it reports none', () => {
    const expressions = ['gas_price == 7 AND max_fee_per_gas == 0', 'gas_price == 0 AND max_fee_per_gas == 9']
    const asking = expressions.map((expression) => watch({ transactions: [{ status: 'Any', expression }] }))
    const transactions = [
      { hash: hash(1), to: contract, gasPrice: '0x7', type: '0x0' },
      { hash: hash(2), to: contract, gasPrice: null, maxFeePerGas: '0x9' },
      { hash: hash(3), to: contract, gasPrice: '0x7', maxFeePerGas: '0x9', type: '0x2' },
    ]
    expect(matchesOf(asking, { transactions }).matches.map(({ key, txHash }) => [key, txHash])).toEqual([
      ['m0', hash(1)],
      ['m1', hash(2)],
    ])
    const mined = watch({ transactions: [{ status: 'Any', expression: 'gas_price == 7 AND max_fee_per_gas == 9' }] })
    expect(matchesOf([mined], { transactions }).matches.map(({ txHash }) => txHash)).toEqual([hash(3)])
  })

  it('35: a log of another contract is shown and not matched', () => {
    const foreign = { ...transferEvent(1n).log, address: address(0xee) }
    const { matches } = matchesOf([watch({ events })], { logs: [foreign, transferEvent(2n).log] })
    expect(matches[0]?.matchedOnArgs.events).toHaveLength(1)
    expect(matches[0]?.item.logs.map((log) => log['address'])).toEqual([address(0xee), contract])
  })

  it('36: keys of a transaction that are not known survive at the top level', () => {
    const transactions = [{ ...call[0]!, chainId: '0x539', authorizationList: [{ nonce: '0x0' }] }]
    const { matches } = matchesOf([watch({})], { transactions })
    expect(matches[0]?.item.transaction).toMatchObject({ chainId: '0x539', authorizationList: [{ nonce: '0x0' }] })
  })

  it('37: addresses match in mixed case and without 0x, never with 0X', () => {
    const digits = contract.slice(2)
    const spellings = [`0x${digits.toUpperCase()}`, digits, `0X${digits}`].map((spelling) => monitor([spelling]))
    expect(matchesOf(spellings).matches.map(({ key }) => key)).toEqual(['m0', 'm1'])
  })

  it('38: without transaction conditions there is nothing in that group', () => {
    const { matches } = matchesOf([watch({ functions })], { transactions: call })
    expect(matches[0]?.matchedOn.transactions).toEqual([])
  })

  it('39: two monitors that match a transaction are two matches', () => {
    const { matches } = matchesOf([watch({ functions }), watch({ functions })], { transactions: call })
    expect(matches.map(({ key, txHash }) => [key, txHash])).toEqual([
      ['m0', D1],
      ['m1', D1],
    ])
  })
})
