import type { EvmAbi } from '../config/evm-abi.ts'
import type { MonitorConfig } from '../config/monitor.ts'
import type { EvmBlock } from '../evm/block.ts'
import type { EvmLog } from '../evm/log.ts'
import type { EvmReceipt } from '../evm/receipt.ts'
import type { EvmTransaction } from '../evm/transaction.ts'
import type { ArgumentEntry, EngineMatch, MatchedSignature } from '../matching/match.ts'
import {
  areNaiveTypesKnown,
  isNaiveWord,
  naiveDecode,
  NaiveDecodeError,
  type NaiveInput,
  naiveSignature,
  naiveText,
  naiveTopic,
  type NaiveValue,
} from './naive/abi.ts'
import { evaluateNaiveExpression, type NaiveParameter } from './naive/expression.ts'

export type NaiveMatch = Omit<EngineMatch, 'key' | 'item'>

export type NaiveScene = {
  block: EvmBlock
  logs: readonly EvmLog[]
  receipts: ReadonlyMap<string, EvmReceipt>
}

/**
 * One monitor on one block by the letter of spec/04 §4 to §8, without any index, for comparison with the engine. It deviates
 * where docs/compatibility.md does: the true status, the monitor's own ABIs, no removed logs.
 */
export function evaluateNaively(monitor: MonitorConfig, { block, logs, receipts }: NaiveScene): NaiveMatch[] {
  const current = logs.filter((log) => !log.isRemoved)
  const { transactions: conditions, functions, events } = monitor.match_conditions
  const withReceipt = conditions.some(
    ({ status, expression }) => (status !== 'Any' && current.length === 0) || (expression ?? '').includes('gas_used'),
  )
  return block.transactions.flatMap((transaction, txIndex): NaiveMatch[] => {
    const own = current.filter((log) => log.transactionHash === transaction.hash)
    const receipt = receipts.get(transaction.hash)
    const emitters = own.map((log) => log.address)
    const involved = [transaction.from, transaction.to, ...emitters].flatMap((one) =>
      one === null ? [] : [plain(one)],
    )
    if (!monitor.addresses.some(({ address }) => involved.includes(plain(address)))) return []

    const onTransaction = matchTransaction(monitor, transaction, receipt)
    const onEvents = own.flatMap((log) => matchLog(monitor, log))
    const onCall = matchCall(monitor, transaction)
    const isEvidence = onEvents.length > 0 || onCall.length > 0
    if ((functions.length > 0 || events.length > 0) && !isEvidence) return []
    if (conditions.length > 0 && onTransaction.length === 0) return []
    return [
      {
        txHash: transaction.hash,
        txIndex,
        matchedOn: {
          functions: onCall.map(({ matched }) => matched),
          events: onEvents.map(({ matched }) => matched),
          transactions: onTransaction,
        },
        matchedOnArgs: {
          functions: onCall.length === 0 ? null : onCall.map(({ entry }) => entry),
          events: onEvents.length === 0 ? null : onEvents.map(({ entry }) => entry),
        },
        withReceipt,
      },
    ]
  })
}

type Evidence = { matched: MatchedSignature; entry: ArgumentEntry }
type Callable = Extract<EvmAbi[number], { type: 'event' | 'function' }>
type Item = { name: string; inputs: NaiveInput[]; anonymous?: boolean }

function plain(text: string): string {
  return text
    .replace(/^0x/, '')
    .replace(/\p{White_Space}/gu, '')
    .toLowerCase()
}

function matchTransaction(
  { match_conditions: { transactions } }: MonitorConfig,
  transaction: EvmTransaction,
  receipt: EvmReceipt | undefined,
): EngineMatch['matchedOn']['transactions'] {
  const status = receipt?.json['status'] === '0x1' ? 'Success' : 'Failure'
  const parameters = transactionParameters(transaction, receipt)
  const condition = transactions.find(
    (one) => (one.status === 'Any' || one.status === status) && isTrue(one.expression, parameters),
  )
  return condition === undefined ? [] : [{ status, expression: condition.expression ?? null }]
}

/** spec/04 §5.2. */
function transactionParameters({ hash, from, to, input, json }: EvmTransaction, receipt: EvmReceipt | undefined) {
  const number = (value: unknown) => BigInt(typeof value === 'string' ? value : 0).toString()
  const rows: [name: string, kind: string, text: string][] = [
    ['value', 'uint256', number(json['value'])],
    ['from', 'address', from ?? ''],
    ['to', 'address', to ?? ''],
    ['hash', 'string', hash],
    ['gas_price', 'uint256', number(json['gasPrice'])],
    ['max_fee_per_gas', 'uint256', number(json['maxFeePerGas'])],
    ['max_priority_fee_per_gas', 'uint256', number(json['maxPriorityFeePerGas'])],
    ['gas_limit', 'uint256', number(json['gas'])],
    ['nonce', 'uint256', number(json['nonce'])],
    ['input', 'string', input],
    ['gas_used', 'uint256', number(receipt?.json['gasUsed'])],
    ['transaction_index', 'uint64', number(json['transactionIndex'])],
  ]
  return rows.map(([name, kind, text]) => ({ name, value: { kind, text } }))
}

function matchLog({ addresses, match_conditions: { events } }: MonitorConfig, log: EvmLog): Evidence[] {
  const entry = addresses.find(({ address }) => plain(address) === plain(log.address))
  const item = itemsOf(entry?.contract_spec, 'event').find(
    ({ name, inputs }) => naiveTopic(name, inputs) === log.topics[0],
  )
  if (item === undefined || item.anonymous === true) return []
  const values = decodeLog(item, log)
  return values === undefined
    ? []
    : matchItem(events, item, { values, hexSignature: () => naiveTopic(item.name, item.inputs) })
}

function decodeLog({ inputs }: Item, { topics, data }: EvmLog): NaiveValue[] | undefined {
  const indexed = inputs.filter((input) => input.indexed === true)
  if (topics.length !== indexed.length + 1 || topics.length > 4) return undefined
  const inData = inputs.filter((input) => input.indexed !== true)
  const decoded = areNaiveTypesKnown(indexed) ? decodeOrNothing(inData, data.slice(2)) : undefined
  if (decoded === undefined) return undefined
  return inputs.map((input): NaiveValue => {
    if (input.indexed !== true) return decoded[inData.indexOf(input)] ?? { kind: '', text: '' }
    const topic = topics[1 + indexed.indexOf(input)] ?? ''
    if (!isNaiveWord(input)) return { kind: input.type, text: topic }
    return naiveDecode([input], topic.slice(2))[0] ?? { kind: '', text: '' }
  })
}

function matchCall({ addresses, match_conditions }: MonitorConfig, { to, input }: EvmTransaction): Evidence[] {
  if (to === null || input.length < 10) return []
  const entry = addresses.find(
    ({ address, contract_spec: spec }) => plain(address) === plain(to) && spec !== undefined && spec !== null,
  )
  const selector = input.slice(0, 10)
  const item = itemsOf(entry?.contract_spec, 'function').find(
    ({ name, inputs }) => naiveTopic(name, inputs).slice(0, 10) === selector,
  )
  if (item === undefined) return []
  const unindexed = item.inputs.map((one) => ({ ...one, indexed: false }))
  const values = decodeOrNothing(unindexed, input.slice(10))
  if (values === undefined) return []
  const hexSignature = (isFiltered: boolean) => (isFiltered ? selector : selector.slice(2))
  return matchItem(match_conditions.functions, { ...item, inputs: unindexed }, { values, hexSignature })
}

/** The first condition of the signature that accepts the values. */
function matchItem(
  conditions: MonitorConfig['match_conditions']['events'],
  { name, inputs }: Item,
  { values, hexSignature }: { values: NaiveValue[]; hexSignature: (isFiltered: boolean) => string },
): Evidence[] {
  const signature = naiveSignature(name, inputs)
  const same = (text: string) => text.replace(/\p{White_Space}/gu, '').toLowerCase()
  const parameters = inputs.map((input, index) => ({ name: input.name ?? '', value: values[index] ?? NOTHING }))
  const condition = conditions.find(
    (one) => same(one.signature) === same(signature) && isTrue(one.expression, parameters),
  )
  if (condition === undefined) return []
  const expression = condition.expression ?? null
  const args = inputs.map((input, index) => ({
    name: input.name ?? '',
    value: naiveText(values[index] ?? NOTHING),
    indexed: input.indexed === true,
    kind: input.type,
  }))
  return [
    {
      matched: { signature, expression },
      entry: { signature, args, hex_signature: hexSignature(expression !== null) },
    },
  ]
}

const NOTHING: NaiveValue = { kind: '', text: '' }

function isTrue(expression: string | null | undefined, parameters: NaiveParameter[]): boolean {
  return expression === null || expression === undefined || evaluateNaiveExpression(expression, parameters) === true
}

function decodeOrNothing(inputs: NaiveInput[], hex: string): NaiveValue[] | undefined {
  try {
    return naiveDecode(inputs, hex)
  } catch (error) {
    if (error instanceof NaiveDecodeError) return undefined
    throw error
  }
}

/** Ordered by name, then as the ABI lists them. A spec of another chain has none. */
function itemsOf(spec: MonitorConfig['addresses'][number]['contract_spec'], type: 'event' | 'function'): Item[] {
  if (!Array.isArray(spec)) return []
  const items = spec.filter((item): item is Callable => 'type' in item && item.type === type)
  return items.toSorted((left, right) => (left.name === right.name ? 0 : left.name < right.name ? -1 : 1))
}
