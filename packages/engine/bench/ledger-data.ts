import { type LedgerData, parseJson, parseStellarEvent, parseStellarLedger, parseStellarTransaction } from '@smt/engine'
import { muxedAddress, startStellarSimulator, stellarOperation as operation } from '@smt/testkit'
import { assets, contracts, hitsMax } from './ledger-monitors.ts'

/** The answers of a node for one ledger, parsed as JSON and no further. */
export type NodeAnswers = { ledger: unknown; transactions: unknown[]; events: unknown[]; accounts: string[] }

const classicCount = 200
const callCount = 100
const operationsEach = 4

/**
 * A ledger in the shape of the public network's: 300 transactions with 900 operations, most of them offers, and 100 calls of
 * tokens; 600 events, among them the unified ones of classic operations and fees; metadata of protocol 23 and later.
 */
export async function simulateLedger(): Promise<NodeAnswers> {
  const simulator = await startStellarSimulator({ classicEvents: true })
  try {
    const { alice, bob, carol, dave } = simulator.accounts
    for (let number = 0; number < classicCount; number += 1) {
      const [source, other] = number % 2 === 0 ? [alice, bob] : [carol, dave]
      const asset = assets[number % assets.length] ?? 'native'
      simulator.submit({
        source: number % 7 === 0 ? muxedAddress(source, BigInt(number)) : source,
        memo: `payment ${number}`,
        operations: Array.from({ length: operationsEach }, (_, place) =>
          place === 0 && number % 2 === 0
            ? operation.payment({ to: other, asset, amount: BigInt(1_000 + number) })
            : operation.manageSellOffer({
                selling: asset,
                buying: 'native',
                amount: BigInt(10_000 + number * operationsEach + place),
                price: { n: 1 + place, d: 7 },
              }),
        ),
      })
    }
    for (let number = 0; number < callCount; number += 1) {
      const contractId = contracts[number % hitsMax] ?? ''
      simulator.submit({
        source: alice,
        operations: [operation.tokenTransfer({ contractId, from: alice, to: bob, amount: BigInt(number + 1) })],
      })
    }
    const { sequence } = simulator.closeLedger()
    const ask = async (method: string, params: object): Promise<{ [key: string]: unknown }> => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const answer = await fetch(simulator.url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      const { result } = parseJson(await answer.text()) as { result: { [key: string]: unknown } }
      return result
    }
    const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
    const pagination = { limit: 200 }
    const { ledgers } = await ask('getLedgers', { startLedger: sequence, pagination: { limit: 1 } })
    const first = await ask('getTransactions', { startLedger: sequence, pagination })
    const second = await ask('getTransactions', { pagination: { ...pagination, cursor: first['cursor'] } })
    const events = await ask('getEvents', {
      startLedger: sequence,
      endLedger: sequence + 1,
      filters: [{ type: 'contract' }, { type: 'system' }],
      pagination: { limit: 10_000 },
    })
    return {
      ledger: list(ledgers)[0],
      transactions: [...list(first['transactions']), ...list(second['transactions'])],
      events: list(events['events']),
      accounts: Object.values(simulator.accounts),
    }
  } finally {
    await simulator.close()
  }
}

/** What the chain adapter makes of the answers. */
export function readLedger({ ledger, transactions: items, events }: NodeAnswers): LedgerData {
  const transactions = items.map((item, index) => parseStellarTransaction(item, `/transactions/${index}`))
  const byHash = new Map(transactions.map((transaction) => [transaction.hash, transaction]))
  return {
    ledger: parseStellarLedger(ledger, '').ledger,
    transactions,
    events: events.map((event, index) =>
      parseStellarEvent(event, `/events/${index}`, (hash) => {
        const transaction = byHash.get(hash)
        if (transaction === undefined) throw new Error(`No transaction ${hash}.`)
        return transaction
      }),
    ),
  }
}
