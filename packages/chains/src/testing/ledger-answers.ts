import type { JsonValue } from '@smt/engine'
import { isJsonObject } from '../json-rpc-response.ts'
import { createStellarChain, type StellarChain } from '../stellar-chain.ts'
import {
  type Node,
  type NodeAnswer,
  type NodeRequest,
  result,
  scriptedPool,
  type ScriptedPool,
} from './scripted-nodes.ts'

/** Answers of Stellar nodes for tests: ledger 100 with the hash 0xb1; hashes are small padded numbers. */
export const sequence = 100

type Parts = Record<string, unknown>

export function hex(number: number): string {
  return number.toString(16).padStart(64, '0')
}

export const noResults = 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119'

/** As far as it is read, with a signed close value and one upgrade. */
export function headerXdr({
  hash = hex(0xb1),
  previousHash = hex(0xb0),
  ledgerSeq = sequence,
  resultsHash = hex(0xcc),
} = {}): string {
  const words = (...numbers: number[]) => {
    const bytes = Buffer.alloc(4 * numbers.length)
    for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * index)
    return bytes
  }
  const zeros = (length: number) => Buffer.alloc(length)
  const value = [zeros(32), words(0, 101), words(1, 5), zeros(8), words(1, 0), zeros(32), words(3), zeros(4)]
  const header = [words(23), Buffer.from(previousHash, 'hex'), ...value, Buffer.from(resultsHash, 'hex'), zeros(32)]
  return Buffer.concat([Buffer.from(hash, 'hex'), ...header, words(ledgerSeq), zeros(100)]).toString('base64')
}

export function nodeLedger(parts: Parts = {}, header: Parameters<typeof headerXdr>[0] = {}): Parts {
  return {
    hash: hex(0xb1),
    sequence,
    ledgerCloseTime: '101',
    headerXdr: headerXdr(header),
    metadataXdr: 'AAAA',
    ...parts,
  }
}

export function nodeTransaction(order: number, parts: Parts = {}): Parts {
  return {
    status: 'SUCCESS',
    txHash: hex(order),
    applicationOrder: order,
    feeBump: false,
    envelopeXdr: 'AAAA',
    resultXdr: 'AAAB',
    resultMetaXdr: 'AAAC',
    ledger: sequence,
    createdAt: 101,
    ...parts,
  }
}

export function orderId(ledger: number, order: number, operation = 0): bigint {
  return (BigInt(ledger) << 32n) | (BigInt(order) << 12n) | BigInt(operation)
}

export function transactionCursor(ledger: number, order: number): string {
  return String(orderId(ledger, order, 1))
}

export function eventCursor(ledger: number, order: number, index: number): string {
  return `${String(orderId(ledger, order)).padStart(19, '0')}-${String(index).padStart(10, '0')}`
}

/** The last position that there can be in a ledger. */
export function endCursor(ledger: number): string {
  return `${String(orderId(ledger, 0xf_ffff, 0xfff)).padStart(19, '0')}-4294967295`
}

export function nodeEvent(order: number, index: number, parts: Parts = {}): Parts {
  return {
    type: 'contract',
    ledger: sequence,
    ledgerClosedAt: '1970-01-01T00:01:41Z',
    contractId: 'CAIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRDB3V',
    id: eventCursor(sequence, order, index),
    inSuccessfulContractCall: true,
    txHash: hex(order),
    topic: ['AAAADwAAAAh0cmFuc2Zlcg=='],
    value: 'AAAAAQ==',
    ...parts,
  }
}

const range = { latestLedger: 200, oldestLedger: 10 }

export const ledgersPage = (ledgers: unknown[] = [nodeLedger()], parts: Parts = {}): Parts => ({
  ledgers,
  ...range,
  cursor: String(sequence),
  ...parts,
})

/** Unless told otherwise, the node has seen all ledgers up to its latest. */
export const transactionsPage = (transactions: unknown[], parts: Parts = {}): Parts => ({
  transactions,
  ...range,
  cursor: transactionCursor(200, 1),
  ...parts,
})

export const eventsPage = (events: unknown[], parts: Parts = {}): Parts => ({
  events,
  ...range,
  cursor: endCursor(sequence),
  ...parts,
})

export const theTransactions = [nodeTransaction(1), nodeTransaction(2, { status: 'FAILED' }), nodeTransaction(3)]
export const theEvents = [nodeEvent(1, 0), nodeEvent(1, 1), nodeEvent(3, 0, { type: 'system' })]

type Pages = NodeAnswer | ((cursor: string | undefined, params: { [key: string]: JsonValue }) => NodeAnswer)

/** A node of ledger 100 whose pages are the sound ones unless told. */
export function ledgerNode(pages: Record<string, Pages> = {}): Node {
  const sound: Record<string, Pages> = {
    getLedgers: result(ledgersPage()),
    getTransactions: result(transactionsPage(theTransactions)),
    getEvents: result(eventsPage(theEvents)),
    getHealth: result({ status: 'healthy', ...range }),
  }
  return ({ method, params }: NodeRequest) => {
    const answer = pages[method] ?? sound[method]
    if (answer === undefined) return { error: { code: -32601, message: 'method not found' } }
    if (typeof answer !== 'function') return answer
    const named = isJsonObject(params) ? params : {}
    const pagination = named['pagination'] ?? null
    const cursor = isJsonObject(pagination) ? pagination['cursor'] : undefined
    return answer(typeof cursor === 'string' ? cursor : undefined, named)
  }
}

export const refusal = (code: number, message: string): NodeAnswer => ({ error: { code, message } })

/** A network behind the endpoints n0, n1, … in that order. */
export function networkOf(...nodes: Node[]): ScriptedPool & { chain: StellarChain } {
  const scripted = scriptedPool(Object.fromEntries(nodes.map((node, index) => [`n${index}`, node])))
  return { ...scripted, chain: createStellarChain(scripted.pool) }
}
