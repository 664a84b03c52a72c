import { describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../../config/monitor.ts'
import type { EvmReceipt } from '../../evm/receipt.ts'
import { keccak256 } from '../../evm/keccak.ts'
import {
  address,
  block,
  erc20Abi,
  hash,
  logs,
  monitor,
  receipts,
  transferLog,
  transferTopic,
} from '../../testing/evm-chain.ts'
import type { BlockData } from './candidates.ts'
import { evaluateBlock } from './evaluate-block.ts'
import { factsNeeded } from './facts-needed.ts'
import { compileMonitors } from './monitor-index.ts'

const token = address(0x70)
const other = address(0x71)
const D1 = hash(0xd1)
const D2 = hash(0xd2)
const erc20 = { address: token, contract_spec: erc20Abi }
const onTransfer = [{ signature: 'Transfer(address,address,uint256)' }]
const onSuccess = [{ status: 'Success' as const }]

function compile(...configurations: MonitorConfig[]) {
  return compileMonitors(
    'testnet',
    configurations.map((configuration, index) => ({ key: `m${index}`, configuration })),
  )
}

type Run = { data: BlockData; facts?: Map<string, EvmReceipt> }

function run(configurations: MonitorConfig[], { data, facts = new Map() }: Run) {
  const result = evaluateBlock(compile(...configurations), data, { receipts: facts })
  expect(result.failures).toEqual([])
  return result.matches
}

const toToken: BlockData = { block: block([{ hash: D1, to: token }]), logs: [] }
const transfer: BlockData = {
  block: block([{ hash: D1, to: token }]),
  logs: logs(transferLog({ token, transactionHash: D1 })),
}
const success = receipts({ [D1]: '0x1', [D2]: '0x1' })
const failure = receipts({ [D1]: '0x0', [D2]: '0x0' })

describe('the address gate', () => {
  it('never lets a monitor without addresses match', () => {
    expect(run([monitor([]), monitor([], { events: onTransfer })], { data: transfer })).toEqual([])
  })

  it('matches every transaction from, to or logging from an address when there are no conditions', () => {
    const data = {
      block: block([
        { hash: hash(1), from: token },
        { hash: hash(2), to: token },
        { hash: hash(3) },
        { hash: hash(4) },
        { hash: hash(5), from: token, to: token },
      ]),
      logs: logs({ address: token, transactionHash: hash(3) }, { address: token, transactionHash: hash(3) }),
    }
    const matches = run([monitor([token])], { data })
    expect(matches.map(({ txHash, txIndex }) => [txHash, txIndex])).toEqual([
      [hash(1), 0],
      [hash(2), 1],
      [hash(3), 2],
      [hash(5), 4],
    ])
    expect(matches[0]).toMatchObject({
      matchedOn: { functions: [], events: [], transactions: [] },
      matchedOnArgs: { functions: null, events: null },
      withReceipt: false,
    })
  })

  it('lets transaction conditions match for a sender, and for the emitter of a log that nothing can decode', () => {
    const conditions = { transactions: onSuccess }
    const sent = { block: block([{ hash: D1, from: token }]), logs: [] }
    expect(run([monitor([token], conditions)], { data: sent, facts: success })).toHaveLength(1)
    const logged = { block: block([{ hash: D1 }]), logs: logs({ address: token, transactionHash: D1 }) }
    expect(run([monitor([token], conditions)], { data: logged, facts: success })).toHaveLength(1)
  })

  it('does not count the address of a created contract, and copes with neither sender nor recipient', () => {
    const data = { block: block([{ hash: D1, to: null, from: null }]), logs: [] }
    expect(run([monitor([address(0)])], { data })).toEqual([])
  })

  it.each([
    ['0x00000000000000000000000000000000000000Aa', 1],
    ['00000000000000000000000000000000000000aA', 1],
    ['0x 0000000000000000000000000000\u00a00000000000aa\n', 1],
    ['0X00000000000000000000000000000000000000aa', 0],
    [' 0x00000000000000000000000000000000000000aa', 0],
    ['0xaa', 0],
    ['', 0],
  ])('normalises the configured address %j', (written, count) => {
    const data = { block: block([{ hash: D1, to: address(0xaa) }]), logs: [] }
    expect(run([monitor([written])], { data })).toHaveLength(count)
  })
})

describe('event conditions', () => {
  it('reports one entry for each matching log in log order, with parallel arguments', () => {
    const values = [3n, 2n, 1n]
    const data = {
      block: block([{ hash: D1 }]),
      logs: logs(...values.map((value) => transferLog({ token, transactionHash: D1, value }))),
    }
    const [match] = run([monitor([erc20], { events: onTransfer })], { data })
    expect(match?.matchedOn.events).toEqual(values.map(() => ({ ...onTransfer[0], expression: null })))
    expect(match?.matchedOnArgs.events?.map(({ args }) => args[2]?.value)).toEqual(['3', '2', '1'])
    expect(match?.matchedOnArgs.events?.[0]).toEqual({
      signature: 'Transfer(address,address,uint256)',
      args: [
        { name: 'from', value: address(0xaa), indexed: true, kind: 'address' },
        { name: 'to', value: address(0xbb), indexed: true, kind: 'address' },
        { name: 'value', value: '3', indexed: false, kind: 'uint256' },
      ],
      hex_signature: transferTopic,
    })
  })

  it('gives a log at most one entry, even when two conditions accept it', () => {
    const events = [...onTransfer, ...onTransfer]
    const [match] = run([monitor([erc20], { events })], { data: transfer })
    expect(match?.matchedOn.events).toHaveLength(1)
  })

  it.each([
    ['Transfer(address, address, uint256)', 1],
    ['TRANSFER( address , address,uint256\t)', 1],
    ['Transfer(address,address,uint)', 0],
    ['Transfer(address from,address to,uint256 value)', 0],
  ])(
    'compares %j without whitespace and letter case only, and reports the signature of the ABI',
    (signature, count) => {
      const matches = run([monitor([erc20], { events: [{ signature }] })], { data: transfer })
      expect(matches.map(({ matchedOn }) => matchedOn.events)).toEqual(
        Array.from({ length: count }, () => [{ ...onTransfer[0], expression: null }]),
      )
    },
  )

  it('ignores the log of an ERC-721 transfer, which has one topic more', () => {
    const [parts] = [transferLog({ token, transactionHash: D1 })]
    const data = {
      block: block([{ hash: D1, to: token }]),
      logs: logs({ ...parts, topics: [transferTopic, hash(1), hash(2), hash(3)], data: '0x' }),
    }
    expect(run([monitor([erc20], { events: onTransfer })], { data })).toEqual([])
  })

  it('ignores logs whose data is too short, and logs without topics, without harm to the others', () => {
    const good = transferLog({ token, transactionHash: D1 })
    const data = {
      block: block([{ hash: D1 }]),
      logs: logs({ ...good, data: '0x00' }, { address: token, transactionHash: D1 }, good),
    }
    const [match] = run([monitor([erc20], { events: onTransfer })], { data })
    expect(match?.matchedOn.events).toHaveLength(1)
    expect(match?.item.logs).toHaveLength(3)
  })

  it('shows all logs of the transaction, but matches only those of the monitored address', () => {
    const data = {
      block: block([{ hash: D1 }, { hash: D2 }]),
      logs: logs(
        transferLog({ token: other, transactionHash: D1 }),
        transferLog({ token, transactionHash: D1 }),
        transferLog({ token: other, transactionHash: D2 }),
      ),
    }
    const matches = run([monitor([erc20], { events: onTransfer })], { data })
    expect(matches.map(({ txHash }) => txHash)).toEqual([D1])
    expect(matches[0]?.matchedOn.events).toHaveLength(1)
    expect(matches[0]?.item.logs.map((log) => log.address)).toEqual([other, token])
  })

  it('needs the ABI of the monitor itself, and of the first entry for the address', () => {
    const events = onTransfer
    const bare = monitor([token], { events })
    const bareFirst = monitor([token.toUpperCase().replace('0X', ''), erc20], { events })
    const bareSecond = monitor([erc20, token], { events })
    const foreign = monitor([{ address: token, contract_spec: [{ function_v0: fn }] }], { events })
    const matches = run([bare, bareFirst, bareSecond, foreign], { data: transfer })
    expect(matches.map(({ key }) => key)).toEqual(['m2'])
  })

  it('ignores logs that a reorganisation removed, as if they were not there', () => {
    const removed = logs({ ...transferLog({ token, transactionHash: D1 }), removed: true })
    const data = { block: block([{ hash: D1, from: other }]), logs: removed }
    expect(run([monitor([erc20], { events: onTransfer }), monitor([token])], { data })).toEqual([])
    const [match] = run([monitor([other], { transactions: onSuccess })], { data, facts: success })
    expect(match).toMatchObject({ withReceipt: true, item: { logs: [] } })
  })

  it('does not attribute a log without a transaction to any transaction', () => {
    const data = {
      block: block([{ hash: D1 }]),
      logs: logs({ ...transferLog({ token, transactionHash: D1 }), transactionHash: null }),
    }
    expect(run([monitor([token])], { data })).toEqual([])
  })

  it('gives only the first of two ABI events with the same hash a chance', () => {
    const inputs = [{ name: 'x', type: 'uint256', indexed: true }]
    const event = (anonymous: boolean) => ({ type: 'event' as const, name: 'E', anonymous, inputs })
    const data = {
      block: block([{ hash: D1 }]),
      logs: logs({ address: token, transactionHash: D1, topics: [keccak256('E(uint256)'), hash(1)] }),
    }
    const watch = (...contract_spec: ReturnType<typeof event>[]) =>
      monitor([{ address: token, contract_spec }], { events: [{ signature: 'E(uint256)' }] })
    const matches = run([watch(event(true), event(false)), watch(event(false), event(true))], { data })
    expect(matches.map(({ key }) => key)).toEqual(['m1'])
  })
})

describe('transaction conditions', () => {
  it('reports only the first that holds, with the status of the transaction instead of Any', () => {
    const transactions = [{ status: 'Failure' as const }, { status: 'Any' as const }, { status: 'Success' as const }]
    const matches = run([monitor([token], { transactions })], { data: toToken, facts: success })
    expect(matches[0]?.matchedOn.transactions).toEqual([{ status: 'Success', expression: null }])
  })

  it('takes the true status, also in a block that has logs', () => {
    const onFailure = monitor([token], { transactions: [{ status: 'Failure' }] })
    const both = [monitor([token], { transactions: onSuccess }), onFailure]
    expect(
      run(both, { data: transfer, facts: failure }).map(({ key, matchedOn }) => [key, matchedOn.transactions]),
    ).toEqual([['m1', [{ status: 'Failure', expression: null }]]])
    expect(run(both, { data: transfer, facts: success }).map(({ key }) => key)).toEqual(['m0'])
    const unknown = receipts({ [D1]: null })
    expect(run(both, { data: transfer, facts: unknown }).map(({ key }) => key)).toEqual(['m1'])
  })

  it('must hold in addition to events', () => {
    const configuration = monitor([erc20], { events: onTransfer, transactions: onSuccess })
    expect(run([configuration], { data: transfer, facts: success })).toHaveLength(1)
    expect(run([configuration], { data: transfer, facts: failure })).toEqual([])
    expect(run([configuration], { data: toToken, facts: success })).toEqual([])
  })
})

describe('receipts', () => {
  const any = monitor([token], { transactions: [{ status: 'Any' }] })
  const onlySuccess = monitor([token], { transactions: onSuccess })

  it('are shown only for a condition on the status and a block without logs', () => {
    const quiet = run([any, onlySuccess, monitor([token])], { data: toToken, facts: success })
    expect(quiet.map(({ withReceipt }) => withReceipt)).toEqual([false, true, false])
    expect(quiet[1]?.item.receipt).toMatchObject({ transactionHash: D1, status: '0x1' })
    const busy = run([any, onlySuccess], { data: transfer, facts: success })
    expect(busy.map(({ withReceipt }) => withReceipt)).toEqual([false, false])
  })

  it('are asked for where the status decides or is reported, and nowhere else', () => {
    const needed = (configuration: MonitorConfig, data: BlockData) =>
      factsNeeded(compile(configuration), data).receiptHashes
    const data = {
      block: block([{ hash: D1, to: token }, { hash: D2, to: token }, { hash: hash(0xd3) }]),
      logs: logs(transferLog({ token, transactionHash: D2 })),
    }
    expect(needed(any, data)).toEqual([D1, D2])
    expect(needed(onlySuccess, data)).toEqual([D1, D2])
    expect(needed(monitor([erc20], { events: onTransfer, transactions: onSuccess }), data)).toEqual([D2])
    expect(needed(monitor([erc20], { events: onTransfer }), data)).toEqual([])
    expect(needed(monitor([token]), data)).toEqual([])
    expect(needed(monitor([], { transactions: onSuccess }), data)).toEqual([])
  })
})

describe('several monitors', () => {
  it('match in the order of transactions, then of monitors, and share the chain item', () => {
    const data = {
      block: block([
        { hash: D2, to: token },
        { hash: D1, from: token },
      ]),
      logs: [],
    }
    const matches = run([monitor([token]), monitor([other, token])], { data })
    expect(matches.map(({ txHash, key }) => `${txHash === D1 ? 'D1' : 'D2'} ${key}`)).toEqual([
      'D2 m0',
      'D2 m1',
      'D1 m0',
      'D1 m1',
    ])
    expect(matches[0]?.item).toBe(matches[1]?.item)
  })

  it('fail alone: the others keep their matches, the failing one has none', () => {
    const index = compile(monitor([token]), monitor([token], { transactions: onSuccess }), monitor([token]))
    const data = {
      block: block([
        { hash: D1, to: token },
        { hash: D2, to: token },
      ]),
      logs: [],
    }
    const { matches, failures } = evaluateBlock(index, data, { receipts: receipts({ [D1]: '0x1' }) })
    expect(failures).toEqual([{ key: 'm1', error: expect.stringContaining(D2) }])
    expect(matches.map(({ key }) => key)).toEqual(['m0', 'm2', 'm0', 'm2'])
  })
})

const fn = { doc: '', name: 'f', inputs: [], outputs: [] }
