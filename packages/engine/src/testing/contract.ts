import type { EvmAbi } from '../config/evm-abi.ts'
import type { MonitorConfig } from '../config/monitor.ts'
import type { BlockResult } from '../matching/evm/evaluate-block.ts'
import { evaluateBlock } from '../matching/evm/evaluate-block.ts'
import { factsNeeded } from '../matching/evm/facts-needed.ts'
import { compileMonitors } from '../matching/evm/monitor-index.ts'
import { encodeSequence, type Parameter, type Shape, type Value } from './abi-sample.ts'
import { address, block, hash, logs, nodeReceipt } from './evm-chain.ts'
import { naiveSignature, naiveTopic } from './naive/abi.ts'
import { parseEvmReceipt } from '../evm/receipt.ts'

/** One argument of a call or an event; texts of bytes and addresses are hexadecimal without `0x`. */
export type Argument = { name: string; type: string; value: Value; indexed?: boolean; components?: Parameter[] }

export const contract = address(0xc0)
export const D1 = hash(0xd1)

/** A function with a call of it. */
export function callTo(name: string, args: readonly Argument[]) {
  const inputs = args.map(({ name: own, type, components = [] }) => ({ name: own, type, components }))
  const abi: EvmAbi = [{ type: 'function', name, inputs, outputs: [] }]
  return {
    abi,
    signature: naiveSignature(name, inputs),
    input: naiveTopic(name, inputs).slice(0, 10) + encode(args),
  }
}

/** An event with a log of it; the value of an indexed argument is its topic. */
export function eventOf(name: string, args: readonly Argument[]) {
  const inputs = args.map(({ name: own, type, components = [], indexed = false }) => {
    return { name: own, type, components, indexed }
  })
  const abi: EvmAbi = [{ type: 'event', name, inputs, anonymous: false }]
  const indexed = args.filter((argument) => argument.indexed === true)
  return {
    abi,
    signature: naiveSignature(name, inputs),
    log: {
      address: contract,
      transactionHash: D1,
      topics: [naiveTopic(name, inputs), ...indexed.map(({ value }) => String(value))],
      data: `0x${encode(args.filter((argument) => argument.indexed !== true))}`,
    },
  }
}

type Happening = {
  /** In place of one transaction D1 to the contract. */
  transactions?: Parameters<typeof block>[0]
  logs?: Parameters<typeof logs>
  receipt?: Record<string, unknown>
}

/** The matches of monitors `m0`, `m1`, … on one block, from receipts that are all alike. */
export function matchesOf(
  configurations: readonly MonitorConfig[],
  { transactions = [{ hash: D1, to: contract }], logs: parts = [], receipt = {} }: Happening = {},
): BlockResult & { receiptHashes: string[] } {
  const index = compileMonitors(
    'testnet',
    configurations.map((configuration, position) => ({ key: `m${position}`, configuration })),
  )
  const data = { block: block(transactions), logs: logs(...parts) }
  const { receiptHashes } = factsNeeded(index, data)
  const receipts = receiptHashes.map((own) => [own, parseEvmReceipt(nodeReceipt(own, receipt))] as const)
  return { receiptHashes, ...evaluateBlock(index, data, { receipts: new Map(receipts) }) }
}

function encode(args: readonly Argument[]): string {
  return encodeSequence(
    args.map((argument) => shapeOf(argument)),
    args.map(({ value }) => value),
  )
}

function shapeOf({ type, components = [] }: { type: string; components?: Parameter[] }): Shape {
  const [, of = '', length = ''] = /^(.*)\[(\d*)\]$/.exec(type) ?? []
  if (of !== '') {
    return { kind: length === '' ? 'array' : 'fixed', of: shapeOf({ type: of, components }), length: Number(length) }
  }
  const [, name, size = '32'] = /^(uint|int|bytes)(\d+)$/.exec(type) ?? []
  if (name === 'bytes') return { kind: 'bytesN', size: Number(size) }
  if (name === 'uint' || name === 'int') return { kind: name, bits: Number(size) }
  if (type === 'tuple') return { kind: 'tuple', of: components.map(shapeOf) }
  if (type === 'address' || type === 'bool' || type === 'string' || type === 'bytes' || type === 'function') {
    return { kind: type }
  }
  throw new Error(`no encoding for ${type}`)
}
