import { contractSpecSchema } from '../config/contract-spec.ts'
import { type MonitorConfig, monitorSchema } from '../config/monitor.ts'
import { elements, member } from '../config/record.ts'
import { type EvmBlock, parseEvmBlock } from '../evm/block.ts'
import type { EvmLog } from '../evm/log.ts'
import { type EvmReceipt, parseEvmReceipts } from '../evm/receipt.ts'
import { assembleMatch, type EvmMatchObject } from '../matching/assemble-match.ts'
import { evaluateBlock } from '../matching/evm/evaluate-block.ts'
import { factsNeeded } from '../matching/evm/facts-needed.ts'
import { compileMonitors } from '../matching/evm/monitor-index.ts'
import { readUpstream } from './upstream-fixture.ts'

/** What EXPECTED.md calls TX-USDC, EV-ARGS and so on. */
export const usdc = '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'
export const counter = '0xf18206b2289cf6ce15cddbee9c6f6a0f059efb56'
export const txUsdc = '0xd5069b22a3a89a36d592d5a1f72a281bc5d11d6d0bac6f0a878c13abb764b6d8'
export const txIncrement = '0x6fb716f3fc4e2edec31f01c8bb67e565e3efacba965090a38835d3f297232bf6'
export const txTuple = '0xf4b47a82f9fb401042e75e745b980d7cd7954d2de091da1942432c765000ea26'

export const transferEvent = { signature: 'Transfer(address,address,uint256)', expression: null }
export const transferCall = { signature: 'transfer(address,uint256)', expression: null }
export const sender = '0x58b704065b7aff3ed351052f8560019e05925023'
export const receiver = '0xf423d9c1ffeb6386639d024f3b241dab2331b635'
export const eventArguments = {
  signature: 'Transfer(address,address,uint256)',
  args: [
    { name: 'from', value: sender, indexed: true, kind: 'address' },
    { name: 'to', value: receiver, indexed: true, kind: 'address' },
    { name: 'value', value: '8181710000', indexed: false, kind: 'uint256' },
  ],
  hex_signature: '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
}
export const callArguments = (hexSignature: string, to = receiver, value = '8181710000') => ({
  signature: 'transfer(address,uint256)',
  args: [
    { name: 'to', value: to, indexed: false, kind: 'address' },
    { name: 'value', value, indexed: false, kind: 'uint256' },
  ],
  hex_signature: hexSignature,
})
export const noMatch = { functions: [], events: [], transactions: [] }

export type Upstream = {
  blocks: EvmBlock[]
  /** By transaction hash: receipts are served by hash here. */
  receipts: Map<string, EvmReceipt>
  /** monitor.json and monitor_with_tuples.json, with their own full ABIs. */
  usdcMonitor: MonitorConfig
  tupleMonitor: MonitorConfig
  /** usdcMonitor with the small ABI that most upstream tests pass for function calls. */
  smallMonitor: MonitorConfig
  usdcLogs: EvmLog[]
}

export function readUpstreamEvm(): Upstream {
  const receipts = parseEvmReceipts(readUpstream('evm/transaction_receipts.json'))
  const usdcMonitor = monitorSchema.parse(readUpstream('evm/monitors/monitor.json'))
  const smallAbi = contractSpecSchema.parse(readUpstream('evm/contract_specs/contract_spec.json'))
  return {
    blocks: elements(readUpstream('evm/blocks.json')).map((block) => parseEvmBlock(member(block, 'EVM'))),
    receipts: new Map(receipts.map((receipt) => [receipt.transactionHash, receipt])),
    usdcMonitor,
    tupleMonitor: monitorSchema.parse(readUpstream('evm/monitors/monitor_with_tuples.json')),
    smallMonitor: {
      ...usdcMonitor,
      addresses: usdcMonitor.addresses.map(({ address }) => ({ address, contract_spec: smallAbi })),
    },
    usdcLogs: receipts.find(({ transactionHash }) => transactionHash === txUsdc)?.logs ?? [],
  }
}

type Case = {
  monitor: MonitorConfig
  /** Absent means as the monitor has them; a group that is not named is empty. */
  conditions?: Partial<MonitorConfig['match_conditions']>
  block: number
  logs?: EvmLog[]
}

type Outcome = {
  txHashes: string[]
  receiptHashes: string[]
  failures: unknown[]
  objects: EvmMatchObject['EVM'][]
}

export function evaluateUpstream(
  { blocks, receipts }: Upstream,
  { monitor, conditions, block, logs = [] }: Case,
): Outcome {
  const configuration: MonitorConfig = {
    ...monitor,
    match_conditions: conditions === undefined ? monitor.match_conditions : { ...noMatch, ...conditions },
  }
  const index = compileMonitors('ethereum_mainnet', [{ key: 'm', configuration }])
  const data = { block: blocks[block]!, logs }
  const { receiptHashes } = factsNeeded(index, data)
  const { matches, failures } = evaluateBlock(index, data, { receipts })
  const objects = matches.map(
    (match) => assembleMatch({ chain: 'EVM', monitor: configuration, networkSlug: 'ethereum_mainnet', ...match }).EVM,
  )
  return { txHashes: matches.map(({ txHash }) => txHash), receiptHashes, failures, objects }
}
