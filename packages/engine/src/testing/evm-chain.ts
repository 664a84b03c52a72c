import type { MonitorConfig } from '../config/monitor.ts'
import { type EvmBlock, parseEvmBlock } from '../evm/block.ts'
import { keccak256 } from '../evm/keccak.ts'
import { type EvmLog, parseEvmLogs } from '../evm/log.ts'
import { type EvmReceipt, parseEvmReceipt } from '../evm/receipt.ts'

/** Node answers for tests, made by hand: addresses and hashes are small numbers padded with zeros. */
export function address(number: number): string {
  return `0x${number.toString(16).padStart(40, '0')}`
}

export function hash(number: number): string {
  return `0x${number.toString(16).padStart(64, '0')}`
}

export const transferTopic = keccak256('Transfer(address,address,uint256)')

const party = { type: 'address', indexed: true }
const amount = { name: 'value', type: 'uint256', indexed: false }
const parties = [
  { ...party, name: 'from' },
  { ...party, name: 'to' },
]

export const erc20Abi = [
  { type: 'event', name: 'Transfer', anonymous: false, inputs: [...parties, amount] },
  {
    type: 'event',
    name: 'Approval',
    anonymous: false,
    inputs: [{ ...party, name: 'owner' }, { ...party, name: 'spender' }, amount],
  },
] satisfies NonNullable<MonitorConfig['addresses'][number]['contract_spec']>

type TransactionParts = { hash: string; from?: string | null; to?: string | null; [key: string]: unknown }

export function nodeTransaction(parts: TransactionParts): Record<string, unknown> {
  return {
    nonce: '0x1',
    blockHash: hash(0xb1),
    blockNumber: '0x10',
    transactionIndex: '0x0',
    from: address(0xf0),
    to: address(0xf1),
    value: '0x0',
    gasPrice: '0x3b9aca00',
    gas: '0x5208',
    input: '0x',
    ...parts,
  }
}

export function block(transactions: TransactionParts[]): EvmBlock {
  return parseEvmBlock({
    number: '0x10',
    hash: hash(0xb1),
    parentHash: hash(0xb0),
    timestamp: '0x65',
    transactions: transactions.map(nodeTransaction),
  })
}

type LogParts = { address: string; transactionHash: string | null; topics?: readonly string[]; [key: string]: unknown }

export function logs(...parts: LogParts[]): EvmLog[] {
  return parseEvmLogs(
    parts.map((part, index) => ({
      topics: [],
      data: '0x',
      blockHash: hash(0xb1),
      blockNumber: '0x10',
      transactionIndex: '0x0',
      logIndex: index,
      removed: false,
      ...part,
    })),
  )
}

type TransferParts = { token: string; transactionHash: string; value?: bigint }

export function transferLog({ token, transactionHash, value = 5n }: TransferParts): LogParts {
  return {
    address: token,
    transactionHash,
    topics: [transferTopic, hash(0xaa), hash(0xbb)],
    data: `0x${value.toString(16).padStart(64, '0')}`,
  }
}

export function nodeReceipt(transactionHash: string, parts: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    transactionHash,
    transactionIndex: '0x0',
    blockHash: hash(0xb1),
    blockNumber: '0x10',
    cumulativeGasUsed: '0x5208',
    gasUsed: '0x5208',
    logs: [],
    logsBloom: `0x${'0'.repeat(512)}`,
    status: '0x1',
    ...parts,
  }
}

export function receipts(statuses: Record<string, string | null>): Map<string, EvmReceipt> {
  return new Map(
    Object.entries(statuses).map(([key, status]) => [key, parseEvmReceipt(nodeReceipt(key, { status }))] as const),
  )
}

type Conditions = Partial<MonitorConfig['match_conditions']>

export function monitor(
  addresses: (string | MonitorConfig['addresses'][number])[],
  conditions: Conditions = {},
): MonitorConfig {
  return {
    name: 'Test monitor',
    networks: ['testnet'],
    paused: false,
    addresses: addresses.map((entry) => (typeof entry === 'string' ? { address: entry } : entry)),
    match_conditions: { functions: [], events: [], transactions: [], ...conditions },
    trigger_conditions: [],
    triggers: ['alert'],
  }
}
