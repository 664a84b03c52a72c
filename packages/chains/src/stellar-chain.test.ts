import { describe, expect, it } from 'vitest'
import {
  endCursor,
  eventCursor,
  eventsPage,
  headerXdr,
  hex,
  ledgerNode,
  ledgersPage,
  networkOf,
  nodeEvent,
  nodeLedger,
  nodeTransaction,
  noResults,
  refusal,
  sequence,
  theEvents,
  theTransactions,
  transactionCursor,
  transactionsPage,
} from './testing/ledger-answers.ts'
import { answering, result } from './testing/scripted-nodes.ts'

describe('head', () => {
  it('answers the newest sequence and sends no parameters', async () => {
    const { chain, requests } = networkOf(answering({ getLatestLedger: result({ sequence: 12345 }) }))
    await expect(chain.head()).resolves.toBe(12345n)
    expect(requests.map(({ method, params }) => [method, params])).toEqual([['getLatestLedger', null]])
  })

  it.each([null, '12345', -1, 1.5, 2 ** 32])('refuses %j as a sequence', async (garbage) => {
    const { chain } = networkOf(answering({ getLatestLedger: result({ sequence: garbage }) }))
    await expect(chain.head()).rejects.toMatchObject({ code: 'invalid_response' })
  })
})

describe('block', () => {
  it('answers the ledger with its transactions and events after one request each', async () => {
    const { chain, requests } = networkOf(ledgerNode())
    const { ledger, transactions, events } = await chain.block(100n)
    expect(ledger).toMatchObject({ sequence: 100n, hash: hex(0xb1), previousHash: hex(0xb0), closeTime: 101n })
    expect(transactions.map(({ hash, status, applicationOrder }) => [hash, status, applicationOrder])).toEqual([
      [hex(1), 'SUCCESS', 1],
      [hex(2), 'FAILED', 2],
      [hex(3), 'SUCCESS', 3],
    ])
    expect(events.map(({ txHash, type, transactionIndex }) => [txHash, type, transactionIndex])).toEqual([
      [hex(1), 'contract', 0],
      [hex(1), 'contract', 0],
      [hex(3), 'system', 2],
    ])
    const filters = [{ type: 'contract' }, { type: 'system' }]
    expect(requests.map(({ method, params }) => [method, params])).toEqual([
      ['getLedgers', { startLedger: 100, pagination: { limit: 1 } }],
      ['getTransactions', { startLedger: 100, pagination: { limit: 200 } }],
      ['getEvents', { startLedger: 100, endLedger: 101, filters, pagination: { limit: 10_000 } }],
    ])
  })

  it('keeps what later ledgers hold out of this one', async () => {
    const node = ledgerNode({
      getTransactions: result(
        transactionsPage([...theTransactions, nodeTransaction(1, { ledger: 101, txHash: hex(9) })]),
      ),
      getEvents: result(eventsPage([...theEvents, { ledger: 101, id: 'not looked at' }])),
    })
    const { transactions, events } = await networkOf(node).chain.block(100n)
    expect([transactions.length, events.length]).toEqual([3, 3])
  })

  it('asks for no events of a ledger whose header says that it is empty', async () => {
    const node = ledgerNode({
      getLedgers: result(ledgersPage([nodeLedger({}, { resultsHash: noResults })])),
      getTransactions: result(transactionsPage([])),
    })
    const { chain, takeCalls } = networkOf(node)
    await expect(chain.block(100n)).resolves.toMatchObject({ transactions: [], events: [] })
    expect(takeCalls()).toEqual(['n0:getLedgers', 'n0:getTransactions'])
  })

  it('follows the cursors of transactions within the ledger, however short the pages, and stops behind it', async () => {
    const node = ledgerNode({
      getTransactions: (cursor) => {
        const done =
          cursor === undefined ? 0 : theTransactions.findIndex((_, i) => cursor === transactionCursor(100, i + 1)) + 1
        const page = theTransactions.slice(done, done + 1)
        return result(transactionsPage(page, { cursor: transactionCursor(page.length === 0 ? 101 : 100, done + 1) }))
      },
    })
    const { chain, requests } = networkOf(node)
    expect((await chain.block(100n)).transactions).toHaveLength(3)
    const asked = requests.filter(({ method }) => method === 'getTransactions').map(({ params }) => params)
    expect(asked).toEqual([
      { startLedger: 100, pagination: { limit: 200 } },
      ...[1, 2, 3].map((order) => ({ pagination: { cursor: transactionCursor(100, order), limit: 200 } })),
    ])
  })

  it.each([
    ['an empty page', result(transactionsPage([], { latestLedger: 100, cursor: transactionCursor(100, 0) }))],
    [
      'a refusal of the cursor',
      refusal(
        -32602,
        "cursor ('1') must be between the oldest ledger: 10 and the latest ledger: 100 for this rpc instance",
      ),
    ],
  ])('is complete at the tip, where %s ends the transactions', async (_, end) => {
    const tip = { latestLedger: 100, cursor: transactionCursor(100, 3) }
    const node = ledgerNode({
      getTransactions: (cursor) => (cursor === undefined ? result(transactionsPage(theTransactions, tip)) : end),
    })
    expect((await networkOf(node).chain.block(100n)).transactions).toHaveLength(3)
  })

  it('goes on over empty pages of events while their cursor moves, without the range that nodes refuse then', async () => {
    const pages = new Map([
      [undefined, eventsPage([], { cursor: eventCursor(100, 0, 0) })],
      [eventCursor(100, 0, 0), eventsPage([], { cursor: eventCursor(100, 0, 1) })],
      [eventCursor(100, 0, 1), eventsPage(theEvents.slice(0, 1), { cursor: eventCursor(100, 1, 0) })],
      [eventCursor(100, 1, 0), eventsPage(theEvents.slice(1), { cursor: endCursor(150) })],
    ])
    const { chain, requests } = networkOf(ledgerNode({ getEvents: (cursor) => result(pages.get(cursor)) }))
    expect((await chain.block(100n)).events.map(({ id }) => id)).toEqual(theEvents.map(({ id }) => id))
    expect(requests.at(-1)?.params).toEqual({
      filters: [{ type: 'contract' }, { type: 'system' }],
      pagination: { cursor: eventCursor(100, 1, 0), limit: 10_000 },
    })
  })

  it('takes an empty page without a cursor for the end of the events', async () => {
    const first = eventsPage(theEvents, { cursor: eventCursor(100, 3, 0) })
    const node = ledgerNode({
      getEvents: (cursor) => result(cursor === undefined ? first : eventsPage([], { cursor: null })),
    })
    expect((await networkOf(node).chain.block(100n)).events).toHaveLength(3)
  })

  it('asks for smaller pages when a node refuses large ones, and remembers', async () => {
    const node = ledgerNode({
      getEvents: (_, { pagination }) =>
        JSON.stringify(pagination).includes('10000')
          ? refusal(-32602, 'limit must not exceed 1000')
          : result(eventsPage(theEvents)),
    })
    const { chain, takeCalls } = networkOf(node)
    await chain.block(100n)
    expect(takeCalls().filter((call) => call === 'n0:getEvents')).toHaveLength(2)
    await chain.block(100n)
    expect(takeCalls().filter((call) => call === 'n0:getEvents')).toHaveLength(1)
  })

  it('asks for smaller pages when one is larger than what is received, of this ledger only', async () => {
    const tooLarge = { thrown: Object.assign(new Error('too large'), { tenantCode: 'body_too_large' }) }
    const node = ledgerNode({
      getTransactions: (_, { pagination }) =>
        JSON.stringify(pagination).includes('200') ? tooLarge : result(transactionsPage(theTransactions)),
    })
    const { chain, takeCalls } = networkOf(node)
    for (const _ of [1, 2]) {
      expect((await chain.block(100n)).transactions).toHaveLength(3)
      expect(takeCalls().filter((call) => call === 'n0:getTransactions')).toHaveLength(2)
    }
    await expect(networkOf(ledgerNode({ getEvents: tooLarge })).chain.block(100n)).rejects.toMatchObject({
      code: 'too_large',
    })
  })

  it.each([[-32602], [-32600]])('throws %i that no page size avoids', async (code) => {
    const { chain, takeCalls } = networkOf(ledgerNode({ getEvents: refusal(code, 'filters are bad') }))
    await expect(chain.block(100n)).rejects.toMatchObject({ code: 'rpc_error', rpcCode: code })
    expect(takeCalls().length).toBeLessThan(10)
  })

  it.each<[string, string, Parameters<typeof ledgerNode>[0]]>([
    ['inconsistent_block', 'no ledger', { getLedgers: result(ledgersPage([])) }],
    [
      'inconsistent_block',
      'another ledger',
      {
        getLedgers: result(ledgersPage([nodeLedger({ sequence: 101 }, { ledgerSeq: 101 })])),
      },
    ],
    [
      'invalid_response',
      'a header of another ledger',
      { getLedgers: result(ledgersPage([nodeLedger({}, { ledgerSeq: 99 })])) },
    ],
    [
      'invalid_response',
      'a header with another hash',
      { getLedgers: result(ledgersPage([nodeLedger({}, { hash: hex(1) })])) },
    ],
    [
      'invalid_response',
      'a header cut short',
      {
        getLedgers: result(ledgersPage([nodeLedger({ headerXdr: headerXdr().slice(0, 200) })])),
      },
    ],
    [
      'invalid_response',
      'a ledger without hash',
      { getLedgers: result(ledgersPage([nodeLedger({ hash: undefined })])) },
    ],
    ['invalid_response', 'no list', { getLedgers: result({ x: 1 }) }],
    ['null_result', 'a node that lags', { getLedgers: result(ledgersPage([], { latestLedger: 99 })) }],
    [
      'null_result',
      'a node that lags with its transactions',
      { getTransactions: result(transactionsPage([], { latestLedger: 99 })) },
    ],
    ['null_result', 'a node that lags with its events', { getEvents: result(eventsPage([], { latestLedger: 99 })) }],
    [
      'inconsistent_block',
      'no transactions though the header has results',
      { getTransactions: result(transactionsPage([])) },
    ],
    [
      'inconsistent_block',
      'transactions though the header has no results',
      {
        getLedgers: result(ledgersPage([nodeLedger({}, { resultsHash: noResults })])),
      },
    ],
    [
      'inconsistent_block',
      'a transaction missing',
      { getTransactions: result(transactionsPage(theTransactions.slice(1))) },
    ],
    [
      'inconsistent_block',
      'a transaction twice',
      {
        getTransactions: result(transactionsPage([nodeTransaction(1), nodeTransaction(1)])),
      },
    ],
    [
      'inconsistent_block',
      'one hash twice',
      {
        getTransactions: result(transactionsPage([nodeTransaction(1), nodeTransaction(2, { txHash: hex(1) })])),
      },
    ],
    [
      'inconsistent_block',
      'a transaction of an earlier ledger',
      {
        getTransactions: result(transactionsPage([nodeTransaction(1, { ledger: 99 })])),
      },
    ],
    [
      'inconsistent_block',
      'ledgers out of order',
      {
        getTransactions: result(transactionsPage([nodeTransaction(1, { ledger: 101 }), nodeTransaction(1)])),
      },
    ],
    [
      'invalid_response',
      'a transaction without hash',
      {
        getTransactions: result(transactionsPage([nodeTransaction(1, { txHash: null })])),
      },
    ],
    [
      'invalid_response',
      'a hash that is none',
      {
        getTransactions: result(transactionsPage([nodeTransaction(1, { txHash: 'x' })])),
      },
    ],
    ['inconsistent_block', 'an event of an unknown transaction', { getEvents: result(eventsPage([nodeEvent(9, 0)])) }],
    ['inconsistent_block', 'an event twice', { getEvents: result(eventsPage([nodeEvent(1, 0), nodeEvent(1, 0)])) }],
    [
      'inconsistent_block',
      'an event of an earlier ledger',
      { getEvents: result(eventsPage([nodeEvent(1, 0, { ledger: 99 })])) },
    ],
    ['invalid_response', 'an event without id', { getEvents: result(eventsPage([nodeEvent(1, 0, { id: null })])) }],
    [
      'inconsistent_block',
      'a cursor of events that stands still',
      {
        getEvents: () => result(eventsPage([], { cursor: eventCursor(100, 1, 0) })),
      },
    ],
    [
      'inconsistent_block',
      'a cursor of events that goes back',
      {
        getEvents: () => result(eventsPage([], { cursor: endCursor(99) })),
      },
    ],
    [
      'inconsistent_block',
      'a cursor of transactions that stands still',
      {
        getTransactions: () => result(transactionsPage([nodeTransaction(1)], { cursor: transactionCursor(100, 1) })),
      },
    ],
    [
      'invalid_response',
      'transactions without a cursor',
      { getTransactions: result(transactionsPage(theTransactions.slice(0, 2), { cursor: null })) },
    ],
    ['invalid_response', 'events without a cursor', { getEvents: result(eventsPage(theEvents, { cursor: '' })) }],
    ['invalid_response', 'a cursor that is none', { getEvents: result(eventsPage([], { cursor: 'next' })) }],
    [
      'inconsistent_block',
      'an event page refused though the node has the ledger',
      {
        getEvents: (cursor) =>
          cursor === undefined
            ? result(eventsPage(theEvents, { cursor: eventCursor(100, 3, 0), latestLedger: 100 }))
            : refusal(-32600, 'startLedger must be within the ledger range: 10 - 100'),
      },
    ],
    ['rpc_error', 'an error', { getEvents: refusal(-32603, 'internal') }],
  ])('throws %s for %s, unless another endpoint is sound', async (code, _, pages) => {
    const bad = ledgerNode(pages)
    await expect(networkOf(bad).chain.block(100n)).rejects.toMatchObject({ code })
    const { chain, takeCalls } = networkOf(bad, ledgerNode())
    const { transactions, events } = await chain.block(100n)
    expect([transactions.length, events.length]).toEqual([3, 3])
    // All of it again, since only the parts of one node belong together.
    expect(takeCalls().slice(-3)).toEqual(['n1:getLedgers', 'n1:getTransactions', 'n1:getEvents'])
  })

  it('gives up on a node whose pages never end', async () => {
    let asked = 0
    const node = ledgerNode({
      getEvents: () => result(eventsPage([], { cursor: eventCursor(100, 1, (asked += 1)) })),
    })
    await expect(networkOf(node).chain.block(100n)).rejects.toMatchObject({ code: 'too_large' })
    expect(asked).toBe(500)
  })

  it.each([
    ['members that nodes drop', nodeEvent(2, 0, { inSuccessfulContractCall: undefined, contractId: undefined })],
    ['null in their place', nodeEvent(2, 0, { inSuccessfulContractCall: null, contractId: null })],
  ])('accepts events without %s, and takes success from the transaction', async (_, event) => {
    const { events } = await networkOf(ledgerNode({ getEvents: result(eventsPage([event])) })).chain.block(100n)
    expect(events).toMatchObject([{ isInSuccessfulCall: false, contractId: '' }])
  })

  it('passes the signal on', async () => {
    const { chain, takeCalls } = networkOf(ledgerNode())
    const options = { signal: AbortSignal.abort() }
    const calls = [
      chain.head(options),
      chain.block(100n, options),
      chain.header(100n, options),
      chain.retention(options),
      chain.locate(hex(1), options),
      chain.pinned().header(100n, options),
    ]
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'aborted' })
    expect(takeCalls()).toEqual([])
  })
})

describe('header', () => {
  it.each(['of any endpoint', 'pinned'])('answers the header alone, %s', async (kind) => {
    const { chain, takeCalls } = networkOf(ledgerNode())
    const { header } = kind === 'pinned' ? chain.pinned() : chain
    await expect(header(100n)).resolves.toEqual({
      number: 100n,
      hash: hex(0xb1),
      parentHash: hex(0xb0),
      timestamp: 101n,
    })
    expect(takeCalls()).toEqual(['n0:getLedgers'])
  })
})

describe('locate', () => {
  const found = { status: 'FAILED', txHash: hex(1), ledger: sequence, createdAt: '101' }

  it('answers the ledger of a transaction', async () => {
    const { chain, requests } = networkOf(answering({ getTransaction: result(found) }))
    await expect(chain.locate(hex(1))).resolves.toEqual({ ledger: 100n })
    expect(requests[0]?.params).toEqual({ hash: hex(1) })
  })

  it.each([
    ['null_result', { status: 'NOT_FOUND', txHash: hex(1), ledger: 0 }],
    ['inconsistent_block', { ...found, txHash: hex(2) }],
    ['invalid_response', { ...found, ledger: undefined }],
    ['invalid_response', []],
  ])('throws %s, unless another endpoint knows it', async (code, answer) => {
    const bad = answering({ getTransaction: result(answer) })
    await expect(networkOf(bad).chain.locate(hex(1))).rejects.toMatchObject({ code })
    const { chain } = networkOf(bad, answering({ getTransaction: result(found) }))
    await expect(chain.locate(hex(1))).resolves.toEqual({ ledger: 100n })
  })
})
