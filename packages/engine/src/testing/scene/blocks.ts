import type { EvmLog } from '../../evm/log.ts'
import type { EvmReceipt } from '../../evm/receipt.ts'
import { parseEvmReceipt } from '../../evm/receipt.ts'
import type { EvmBlock } from '../../evm/block.ts'
import { block, hash, logs, nodeReceipt } from '../evm-chain.ts'
import { chance, type Draw, pick, repeat } from './draw.ts'
import type { SceneVariable } from './expressions.ts'
import { callOf, drawBytes, drawValues, logOf, sceneAddresses, type SceneItem } from './interfaces.ts'
import { ofType } from './monitors.ts'

const outsider = `0x${'9'.repeat(40)}`
const uint = { kind: 'uint', bits: 256 } as const
const text = { kind: 'string' } as const
const ether = 10n ** 18n

/** What transaction conditions see, with values that transactions of a scene may well have; all twelve (spec/04 §5.2). */
export function drawTransactionVariables(draw: Draw, items: readonly SceneItem[]): SceneVariable[] {
  const call = drawCall(draw, items)
  return [
    { name: 'value', shape: uint, value: pick(draw, [0n, ether]) },
    { name: 'from', shape: { kind: 'address' }, value: pick(draw, sceneAddresses).slice(2) },
    { name: 'to', shape: { kind: 'address' }, value: pick(draw, [...sceneAddresses, '0x']).slice(2) },
    { name: 'hash', shape: text, value: hash(1) },
    { name: 'gas_price', shape: uint, value: pick(draw, [0n, 7n]) },
    { name: 'max_fee_per_gas', shape: uint, value: pick(draw, [0n, 9n]) },
    { name: 'max_priority_fee_per_gas', shape: uint, value: pick(draw, [0n, 9n]) },
    { name: 'gas_limit', shape: uint, value: 21_000n },
    { name: 'nonce', shape: uint, value: pick(draw, [0n, 1n]) },
    { name: 'input', shape: text, value: call },
    { name: 'gas_used', shape: uint, value: pick(draw, [0n, 21_000n]) },
    { name: 'transaction_index', shape: { kind: 'uint', bits: 64 }, value: pick(draw, [0n, 1n]) },
  ]
}

export type SceneBlock = { data: { block: EvmBlock; logs: EvmLog[] }; receipts: Map<string, EvmReceipt> }

export function drawBlock(draw: Draw, items: readonly SceneItem[]): SceneBlock {
  const hashes = repeat(draw, [0, 5], (index) => hash(index + 1))
  const transactions = hashes.map((own, index) => ({
    hash: own,
    from: pick(draw, [...sceneAddresses, outsider, outsider, null]),
    to: pick(draw, [...sceneAddresses, ...sceneAddresses, outsider, null]),
    value: pick(draw, ['0x0', `0x${ether.toString(16)}`]),
    gasPrice: pick(draw, [null, '0x7']),
    maxFeePerGas: pick(draw, [null, '0x9']),
    maxPriorityFeePerGas: pick(draw, [null, '0x9']),
    gas: '0x5208',
    nonce: pick(draw, ['0x0', '0x1']),
    transactionIndex: pick(draw, [null, `0x${index.toString(16)}`]),
    input: drawCall(draw, items),
  }))
  const parts = chance(draw, 20) ? [] : repeat(draw, [1, 8], () => drawLog(draw, items, hashes))
  const receipts = hashes.map((own): [string, EvmReceipt] => {
    const status = pick(draw, ['0x1', '0x1', '0x0', null])
    return [own, parseEvmReceipt(nodeReceipt(own, { status, gasUsed: pick(draw, ['0x5208', '0x5208', null]) }))]
  })
  return { data: { block: block(transactions), logs: logs(...parts) }, receipts: new Map(receipts) }
}

function drawCall(draw: Draw, items: readonly SceneItem[]): string {
  const item = pick(draw, ofType(items, 'function'))
  const call = callOf(item, drawValues(draw, item))
  if (!chance(draw, 15)) return call
  return pick(draw, ['0x', '0x1234', `${call}00ff`, call.slice(0, -2), call.slice(0, 10), damaged(draw, call, 10)])
}

function drawLog(draw: Draw, items: readonly SceneItem[], hashes: readonly string[]) {
  const item = pick(draw, ofType(items, 'event'))
  const { topics, data } = logOf(item, drawValues(draw, item))
  const transactionHash = chance(draw, 4) ? pick(draw, [null, hash(99)]) : pick(draw, [...hashes, hash(1)])
  const sound = { address: pick(draw, [...sceneAddresses, ...sceneAddresses, outsider]), transactionHash, topics, data }
  const removed = pick(draw, [false, false, false, false, null, null, null, true])
  if (!chance(draw, 20)) return { ...sound, removed }
  const wrong = [[], topics.slice(0, -1), [...topics, hash(7)], [hash(9), ...topics.slice(1)]]
  return chance(draw, 50)
    ? { ...sound, removed, topics: pick(draw, wrong) }
    : {
        ...sound,
        removed,
        data: pick(draw, ['0x', `${data}00`, data.slice(0, -64), damaged(draw, data, 2)]).padEnd(2, '0x'),
      }
}

/** One byte or one word is another. */
function damaged(draw: Draw, hex: string, start: number): string {
  const bytes = drawBytes(draw, 32).slice(2)
  const place = start + 2 * pick(draw, [0, 1, 31, 32, 63, 64, 95])
  return hex.slice(0, place) + bytes.slice(0, Math.max(0, hex.length - place)) + hex.slice(place + bytes.length)
}
