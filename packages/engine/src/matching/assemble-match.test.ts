import { describe, expect, it } from 'vitest'
import type { MonitorConfig } from '../config/monitor.ts'
import type { JsonObject } from '../evm/json-object.ts'
import { logKeys } from '../evm/log.ts'
import { address, block, erc20Abi, hash, logs, monitor, receipts, transferLog } from '../testing/evm-chain.ts'
import { assembleMatch } from './assemble-match.ts'
import { evaluateBlock } from './evm/evaluate-block.ts'
import type { EngineMatch } from './match.ts'
import { compileMonitors } from './evm/monitor-index.ts'

const token = '0x00000000000000000000000000000000000000Aa'
const D1 = hash(0xd1)

function matchOf(configuration: MonitorConfig, withLog: boolean): EngineMatch {
  const index = compileMonitors('testnet', [{ key: 'm', configuration }])
  const log = transferLog({ token: token.toLowerCase(), transactionHash: D1 })
  const data = {
    block: block([{ hash: D1, to: token, chainId: '0x539', extra: { l2: null } }]),
    logs: withLog ? logs(log) : [],
  }
  return evaluateBlock(index, data, { receipts: receipts({ [D1]: '0x1' }) }).matches[0]!
}

/** As a database returns a JSON object: the same members in another order. */
function reordered<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reordered) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [key, reordered(member)])
  return Object.fromEntries(entries.toReversed()) as T
}

describe('assembleMatch', () => {
  const watching = monitor([{ address: token, contract_spec: erc20Abi }], {
    events: [{ signature: 'Transfer(address, address, uint256)' }],
  })
  const assemble = (match: EngineMatch, configuration = watching) =>
    assembleMatch({ chain: 'EVM', monitor: configuration, networkSlug: 'testnet', ...match })

  it('shows the match field for field, with the monitor as configured but for its contract specs', () => {
    const object = assemble(matchOf(watching, true))
    expect(Object.keys(object.EVM)).toEqual(
      'monitor transaction receipt logs network_slug matched_on matched_on_args'.split(' '),
    )
    expect(JSON.stringify(object.EVM.monitor)).toBe(
      JSON.stringify({
        name: 'Test monitor',
        networks: ['testnet'],
        paused: false,
        addresses: [{ address: token, contract_spec: null }],
        match_conditions: {
          functions: [],
          events: [{ signature: 'Transfer(address, address, uint256)', expression: null }],
          transactions: [],
        },
        trigger_conditions: [],
        triggers: ['alert'],
        chain_configurations: [],
      }),
    )
    expect(object.EVM).toMatchObject({
      receipt: null,
      network_slug: 'testnet',
      transaction: { hash: D1, chainId: '0x539', extra: { l2: null } },
      matched_on: { events: [{ signature: 'Transfer(address,address,uint256)', expression: null }] },
    })
    expect(object.EVM.logs).toHaveLength(1)
  })

  it('gives the same text for parts that a database reordered', () => {
    for (const [configuration, withLog] of [
      [watching, true],
      [monitor([token], { transactions: [{ status: 'Success' }] }), false],
    ] as const) {
      const match = matchOf(configuration, withLog)
      const { chainId, extra, ...known } = match.item.transaction
      const stored = { ...match.item, transaction: { ...reordered(known as JsonObject), chainId, extra } as JsonObject }
      const again = { ...reordered(match), item: { ...reordered(match.item), transaction: stored.transaction } }
      expect(JSON.stringify(assemble(again, reordered(configuration)))).toBe(
        JSON.stringify(assemble(match, configuration)),
      )
    }
  })

  it('shows the receipt, with its logs, only when the match says so', () => {
    const match = matchOf(monitor([token], { transactions: [{ status: 'Success' }] }), false)
    const log = logs(transferLog({ token: address(1), transactionHash: D1 }))[0]!.json
    const item = { ...match.item, receipt: { ...match.item.receipt, logs: [reordered(log)] } }
    const { receipt } = assemble({ ...match, item }).EVM
    expect(receipt).toMatchObject({ transactionHash: D1, logs: [log] })
    expect(Object.keys((receipt!.logs as JsonObject[])[0]!)).toEqual(logKeys)
    expect(assemble({ ...match, withReceipt: false }).EVM.receipt).toBeNull()
  })

  it('fills optional members of scripts and keeps only what is defined of other chains', () => {
    const configuration: MonitorConfig = {
      ...watching,
      trigger_conditions: [{ timeout_ms: 1000, script_path: 'a.py', language: 'Python' }],
      chain_configurations: [
        { evm: { anything: 1 }, unknown: true, stellar: null },
        { midnight: { viewing_keys: [{ type: 'Plain', value: 'key', extra: 1 }] } },
        { midnight: {} },
      ],
    }
    expect(assemble(matchOf(watching, true), configuration).EVM.monitor).toMatchObject({
      trigger_conditions: [{ script_path: 'a.py', language: 'Python', arguments: null, timeout_ms: 1000 }],
      chain_configurations: [
        { evm: {} },
        { midnight: { viewing_keys: [{ type: 'Plain', value: 'key' }] } },
        { midnight: { viewing_keys: [] } },
      ],
    })
  })
})
