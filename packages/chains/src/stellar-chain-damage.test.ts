import type { LedgerData } from '@smt/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RpcError } from './rpc-error.ts'
import type { StellarChain } from './stellar-chain.ts'
import { type Damage, damages, type Place } from './testing/damage.ts'
import {
  endCursor,
  eventCursor,
  eventsPage,
  hex,
  ledgerNode,
  ledgersPage,
  networkOf,
  nodeEvent,
  nodeTransaction,
  transactionCursor,
  transactionsPage,
} from './testing/ledger-answers.ts'
import { type Node, result } from './testing/scripted-nodes.ts'

const transactions = [1, 2, 3].map((order) => nodeTransaction(order))
const events = [1, 2, 3].map((order) => nodeEvent(order, 0))
const truth = {
  getLedgers: ledgersPage(),
  getTransactions: transactionsPage(transactions),
  getEvents: eventsPage(events),
}
type Method = keyof typeof truth
const methods: Method[] = ['getLedgers', 'getTransactions', 'getEvents']

const sound = ledgerNode({
  getTransactions: result(truth.getTransactions),
  getEvents: result(truth.getEvents),
})

/** A node that tells the truth but for one answer. */
function damaged(method: Method, damage: Damage): Node {
  return (request) => {
    if (request.method !== method) return sound(request)
    return damage({ jsonrpc: '2.0', id: request.id, result: truth[method] })
  }
}

/** What links ledgers and joins their parts. */
function consumed({ ledger, transactions: listed, events: happened }: LedgerData) {
  return {
    ledger: [ledger.sequence, ledger.hash, ledger.previousHash],
    transactions: listed.map(({ hash, applicationOrder }) => [hash, applicationOrder]),
    events: happened.map(({ txHash, transactionIndex }) => [txHash, transactionIndex]),
  }
}
const whole = {
  ledger: [100n, hex(0xb1), hex(0xb0)],
  transactions: [1, 2, 3].map((order) => [hex(order), order]),
  events: [1, 2, 3].map((order) => [hex(order), order - 1]),
}
const block = (chain: StellarChain) => chain.block(100n).then(consumed)

const numRuns = Number(process.env.SMT_PROPERTY_RUNS ?? 200)

async function answerOf<T>(asked: Promise<T>): Promise<T | RpcError> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof RpcError) return error
    throw error
  }
}

/** A node that leaves out events is believed: nothing that it says counts them. */
function isTold({ path, change }: Place): boolean {
  if (path[1] !== 'events') return true
  const isListEmptied = path.length === 2 && 'to' in change && Array.isArray(change.to) && change.to.length === 0
  const isEventGone = path.length === 3 && 'delete' in change
  return !isListEmptied && !isEventGone
}

describe('an answer with damage anywhere', () => {
  it.each(methods)('of %s is an RpcError or the whole truth', async (method) => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(damages(isTold), async (damage) => {
        const answer = await answerOf(block(networkOf(damaged(method, damage)).chain))
        if (answer instanceof RpcError) refused += 1
        else expect(answer).toEqual(whole)
      }),
      { numRuns },
    )
    expect(refused).toBeGreaterThan(numRuns / 4)
  })

  it.each(methods)('of %s is made up for by another endpoint', async (method) => {
    await fc.assert(
      fc.asyncProperty(damages(isTold), async (damage) => {
        expect(await block(networkOf(damaged(method, damage), sound).chain)).toEqual(whole)
      }),
      { numRuns },
    )
  })
})

type Lie = 'none' | 'repeats an item' | 'loses items' | 'stands still' | 'goes back' | 'begins too early' | 'lags'

/** Cuts what a node lists into pages; from the page `lieAt` on the lie is told. */
function listing<T extends { ledger?: unknown }>(
  items: readonly T[],
  { sizes, isTip, lie, lieAt }: { sizes: readonly number[]; isTip: boolean; lie: Lie; lieAt: number },
  { cursorAt, endCursors }: { cursorAt: (done: number) => string; endCursors: { isTip: string; isPast: string } },
) {
  let done = 0
  let pages = 0
  return () => {
    const isLying = pages >= lieAt
    const size = sizes[pages % sizes.length] ?? 1
    const page = items.slice(done, done + size)
    pages += 1
    done += page.length
    const isEnd = done >= items.length && page.length < size
    // At the tip a node that found nothing more begins its cursor anew; with something, it is that of the last item.
    const end = isTip ? (page.length > 0 ? cursorAt(done) : endCursors.isTip) : endCursors.isPast
    const answer = { items: page, cursor: isEnd ? end : cursorAt(done), latestLedger: isTip ? 100 : 101 }
    if (!isLying) return answer
    const [first] = page
    if (lie === 'lags') return { ...answer, items: [], latestLedger: 99 }
    if (lie === 'stands still') return { ...answer, cursor: cursorAt(0) }
    if (lie === 'goes back') return { ...answer, cursor: cursorAt(-1) }
    if (lie === 'loses items') return { ...answer, items: page.slice(1) }
    if (first === undefined) return answer
    if (lie === 'repeats an item') return { ...answer, items: [first, ...page] }
    return lie === 'begins too early' ? { ...answer, items: [{ ...first, ledger: 99 }, ...page] } : answer
  }
}

describe('pages cut anywhere', () => {
  const cut = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
    isTip: fc.boolean(),
    lieAt: fc.nat({ max: 2 }),
  })
  const lies = fc.constantFrom<Lie>('none', 'repeats an item', 'stands still', 'goes back', 'begins too early', 'lags')
  const transactionsEnd = { isTip: transactionCursor(100, 0), isPast: transactionCursor(101, 0) }
  const eventsEnd = { isTip: endCursor(100), isPast: endCursor(101) }

  it('make a ledger with everything once, and never less when the node lies', async () => {
    const outcomes = { whole: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.record({ cut, lie: fc.oneof(lies, fc.constant<Lie>('loses items')) }),
        fc.record({ cut, lie: lies }),
        async (count, forTransactions, forEvents) => {
          const orders = Array.from({ length: count }, (_, index) => index + 1)
          const nextTransactions = listing(
            orders.map((order) => nodeTransaction(order)),
            { ...forTransactions.cut, lie: forTransactions.lie },
            {
              cursorAt: (done) => transactionCursor(100 + Math.min(done, 0), Math.max(done, 0)),
              endCursors: transactionsEnd,
            },
          )
          const nextEvents = listing(
            orders.map((order) => nodeEvent(order, 0)),
            { ...forEvents.cut, lie: forEvents.lie },
            { cursorAt: (done) => eventCursor(100 + Math.min(done, 0), Math.max(done, 0), 0), endCursors: eventsEnd },
          )
          const node = ledgerNode({
            getTransactions: () => {
              const { items, ...rest } = nextTransactions()
              return result(transactionsPage(items, rest))
            },
            getEvents: () => {
              const { items, ...rest } = nextEvents()
              return result(eventsPage(items, rest))
            },
          })
          const answer = await answerOf(networkOf(node).chain.block(100n))
          if (forTransactions.lie === 'none' && forEvents.lie === 'none') expect(answer).not.toBeInstanceOf(RpcError)
          outcomes[answer instanceof RpcError ? 'refused' : 'whole'] += 1
          if (answer instanceof RpcError) return
          expect(answer.transactions.map(({ applicationOrder }) => applicationOrder)).toEqual(orders)
          expect(answer.events.map(({ transactionIndex }) => transactionIndex)).toEqual(
            orders.map((order) => order - 1),
          )
        },
      ),
      { numRuns },
    )
    expect(Math.min(outcomes.whole, outcomes.refused)).toBeGreaterThan(numRuns / 10)
  })
})
