import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createJsonRpc, type JsonRpc } from '../json-rpc.ts'
import { at, fieldsOf, list, text } from './answers.ts'
import { stellarOperation } from './operations.ts'
import { startStellarSimulator, type StellarSimulator } from './simulator.ts'
import { decodeXdr } from './xdr.ts'

describe('the node of the Stellar simulator', () => {
  let simulator: StellarSimulator
  let rpc: JsonRpc
  const call = async (method: string, params: Record<string, unknown> = {}) => fieldsOf(await rpc(method, params))
  const pay = (amount: bigint) =>
    simulator.submit({
      source: simulator.accounts.alice,
      operations: [stellarOperation.payment({ to: simulator.accounts.bob, asset: 'native', amount })],
    })

  // Ledgers 100 to 109; each with three payments and, with their fees, six events.
  beforeEach(async () => {
    simulator = await startStellarSimulator({ firstLedger: 99, retentionLedgers: 10, classicEvents: true })
    for (let n = 100; n < 110; n += 1) {
      for (let payment = 1n; payment <= 3n; payment += 1n) pay(payment)
      simulator.closeLedger()
    }
    rpc = createJsonRpc(simulator.url)
  })
  afterEach(() => simulator.close())

  it('says what it is and what it keeps', async () => {
    expect(await call('getHealth')).toEqual({
      status: 'healthy',
      latestLedger: 109,
      oldestLedger: 100,
      ledgerRetentionWindow: 10,
    })
    expect(await call('getNetwork')).toEqual({ passphrase: simulator.passphrase, protocolVersion: 27 })
    const { ledgers } = await call('getLedgers', { startLedger: 109 })
    expect(await rpc('getLatestLedger', [])).toMatchObject({ id: at(ledgers, 0, 'hash'), sequence: 109 })
  })

  it('pages through ledgers until the cursor is at the tip, and refuses to go on from there', async () => {
    const first = await call('getLedgers', { startLedger: 100, pagination: { limit: 7 } })
    const second = await call('getLedgers', { pagination: { cursor: first['cursor'], limit: 7 } })
    expect([list(first['ledgers']).length, list(second['ledgers']).length]).toEqual([7, 3])
    expect(second['cursor']).toBe('109')
    await expect(call('getLedgers', { pagination: { cursor: '109' } })).rejects.toThrow(
      '{"code":-32602,"message":"cursor (\'109\') must be between the oldest ledger: 100 and the latest ledger: 109',
    )
  })

  it('pages through transactions, also across ledgers', async () => {
    const seen: string[] = []
    let params: Record<string, unknown> = { startLedger: 108, pagination: { limit: 4 } }
    for (;;) {
      const { transactions, cursor } = await call('getTransactions', params)
      if (list(transactions).length === 0) break
      seen.push(
        ...list(transactions).map(
          (transaction) => `${Number(at(transaction, 'ledger'))}/${Number(at(transaction, 'applicationOrder'))}`,
        ),
      )
      params = { pagination: { cursor, limit: 4 } }
    }
    expect(seen).toEqual(['108/1', '108/2', '108/3', '109/1', '109/2', '109/3'])
  })

  it('finds a transaction by its hash, or says that there is none', async () => {
    const hash = pay(5n)
    expect(await call('getTransaction', { hash })).toMatchObject({ status: 'NOT_FOUND' })
    simulator.closeLedger()
    expect(await call('getTransaction', { hash })).toMatchObject({ status: 'SUCCESS', txHash: hash, ledger: 110 })
  })

  it('pages through events and ends with the cursor of the end of what was asked for', async () => {
    const filters = [{ type: 'contract' }, { type: 'system' }]
    const first = await call('getEvents', { startLedger: 108, endLedger: 109, filters, pagination: { limit: 4 } })
    expect(list(first['events']).map((event) => text(event, 'id'))).toEqual([
      '0000000463856467968-0000000000',
      '0000000463856467968-0000000001',
      '0000000463856467968-0000000002',
      '0000000463856472064-0000000000',
    ])
    expect(first['cursor']).toBe('0000000463856472064-0000000000')
    const second = await call('getEvents', { filters, pagination: { cursor: first['cursor'], limit: 4 } })
    expect(list(second['events']).map((event) => at(event, 'ledger'))).toEqual([108, 108, 109, 109])
    const all = await call('getEvents', { startLedger: 108, endLedger: 109, filters, pagination: { limit: 10_000 } })
    expect([list(all['events']).length, all['cursor']]).toEqual([6, '0000000468151435263-4294967295'])
  })

  it('lists the same items whatever the pages are', async () => {
    const all = {
      getTransactions: (await call('getTransactions', { startLedger: 100 }))['transactions'],
      getEvents: (await call('getEvents', { startLedger: 100 }))['events'],
    }
    const limits = fc.infiniteStream(fc.integer({ min: 1, max: 9 }))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('getTransactions' as const, 'getEvents' as const),
        limits,
        async (method, sizes) => {
          const name = method === 'getEvents' ? 'events' : 'transactions'
          const found: unknown[] = []
          let params: Record<string, unknown> = { startLedger: 100 }
          for (const limit of sizes) {
            const pagination = { ...fieldsOf(params['pagination'] ?? {}), limit }
            const answer = await call(method, { ...params, pagination })
            if (list(answer[name]).length === 0) break
            found.push(...list(answer[name]))
            params = { pagination: { cursor: answer['cursor'] } }
          }
          expect(found).toEqual(all[method])
        },
      ),
      { numRuns: 20 },
    )
  })

  it('filters events by contract and topics', async () => {
    const everything = await call('getEvents', { startLedger: 109 })
    const [fee, payment] = [0, 3].map((index) => at(everything['events'], index))
    const count = async (filter: Record<string, unknown>) =>
      list((await call('getEvents', { startLedger: 109, filters: [filter] }))['events']).length
    expect(await count({ contractIds: [at(fee, 'contractId')] })).toBe(6)
    expect(await count({ contractIds: ['CBIELTK6YBZJU5UP2WWQEUCYKLPU6AUNZ2BQ4WWFEIE3USCIHMXQDAMA'] })).toBe(0)
    expect(await count({ topics: [[text(payment, 'topic', 0), '*', '*', '*']] })).toBe(3)
    expect(await count({ topics: [[text(payment, 'topic', 0), '*']] })).toBe(0)
    expect(await count({ topics: [[text(payment, 'topic', 0), '**']] })).toBe(3)
  })

  it('refuses what a node refuses, with the codes of a node', async () => {
    const range = 'between the oldest ledger: 100 and the latest ledger: 109 for this rpc instance'
    for (const [method, params, answer] of [
      ['getLedgers', { startLedger: 99 }, `-32600,"message":"start ledger (99) must be ${range}`],
      ['getTransactions', { startLedger: 110 }, `-32600,"message":"start ledger (110) must be ${range}`],
      [
        'getTransactions',
        { startLedger: 105, pagination: { limit: 201 } },
        '-32600,"message":"limit must not exceed 200',
      ],
      [
        'getTransactions',
        { startLedger: 1, pagination: { cursor: '1' } },
        '-32600,"message":"startLedger (1) and cursor',
      ],
      ['getEvents', { startLedger: 99 }, '-32600,"message":"startLedger must be within the ledger range: 100 - 109'],
      [
        'getEvents',
        { startLedger: 100, pagination: { limit: 10_001 } },
        '-32602,"message":"limit must not exceed 10000',
      ],
      ['getEvents', { startLedger: 100, pagination: { cursor: '1-1' } }, '-32602,"message":"ledger ranges and cursor'],
      ['getEvents', { startLedger: 100, filters: [{ type: 'diagnostic' }] }, '-32602,"message":"filter 1 invalid'],
      ['getBlocks', {}, '-32601'],
    ] as const)
      await expect(call(method, params), JSON.stringify(params)).rejects.toThrow(answer)
    expect(simulator.requests.get('getEvents')).toBe(4)
  })

  it('has the faults that are switched on, and none after they are switched off', async () => {
    const { faults } = simulator
    faults.pageLimit = 2
    expect((await call('getLedgers', { startLedger: 100 }))['ledgers']).toHaveLength(2)
    faults.pageLimit = undefined
    faults.lag = 3
    expect(await call('getLatestLedger')).toMatchObject({ sequence: 106 })
    await expect(call('getTransactions', { startLedger: 107 })).rejects.toThrow('the latest ledger: 106')
    faults.lag = 0
    faults.oldestLedger = 105
    await expect(call('getLedgers', { startLedger: 104 })).rejects.toThrow('the oldest ledger: 105')
    faults.oldestLedger = undefined
    faults.malformed = 'getEvents'
    const { events } = await call('getEvents', { startLedger: 109 })
    expect([at(events, 0, 'txHash'), typeof at(events, 1, 'txHash')]).toEqual([undefined, 'string'])
    faults.malformed = undefined
    faults.passphrase = 'Another Network'
    expect(await call('getNetwork')).toMatchObject({ passphrase: 'Another Network' })
    faults.hasStuckCursor = true
    const page = async (cursor: unknown) => (await call('getLedgers', { pagination: { cursor, limit: 1 } }))['cursor']
    expect([await page('100'), await page('101'), await page('102')]).toEqual(['101', '101', '101'])
    faults.hasStuckCursor = false
    expect(await page('102')).toBe('103')
    faults.dropsDeprecated = true
    expect(list((await call('getEvents', { startLedger: 109 }))['events'])[0]).not.toHaveProperty(
      'inSuccessfulContractCall',
    )
    faults.missingLedger = 102
    const { ledgers } = await call('getLedgers', { startLedger: 101, pagination: { limit: 3 } })
    expect(list(ledgers).map((ledger) => at(ledger, 'sequence'))).toEqual([101, 103])
    faults.missingLedger = undefined
    faults.breaksChain = true
    const [lonely, next] = list((await call('getLedgers', { startLedger: 108 }))['ledgers'])
    const header = decodeXdr('LedgerHeaderHistoryEntry', text(next, 'headerXdr'))
    expect(at(header, 'header', 'previous_ledger_hash')).not.toBe(at(lonely, 'hash'))
    expect(at(header, 'hash')).toBe(at(next, 'hash'))
    faults.error = { method: 'getHealth', code: -32_603, message: 'no data' }
    await expect(call('getHealth')).rejects.toThrow('no data')
  })

  it('hides a transaction that this protocol cannot decode, and only that one', async () => {
    const hash = pay(9n)
    const { sequence } = simulator.closeLedger()
    simulator.faults.undecodableTransaction = hash
    const { transactions } = await call('getTransactions', { startLedger: sequence })
    expect(() => decodeXdr('TransactionEnvelope', text(transactions, 0, 'envelopeXdr'))).toThrow(/xdr/)
    expect(decodeXdr('TransactionResult', text(transactions, 0, 'resultXdr'))).toBeDefined()
  })

  it('turns requests away with HTTP 429 as often as told', async () => {
    simulator.faults.tooManyRequests = 2
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getHealth' })
    const statuses: number[] = []
    for (let n = 0; n < 3; n += 1) statuses.push((await fetch(simulator.url, { method: 'POST', body })).status)
    expect(statuses).toEqual([429, 429, 200])
    simulator.faults.httpStatus = 503
    expect((await fetch(simulator.url, { method: 'POST', body })).status).toBe(503)
    expect(simulator.requests.get('getHealth')).toBe(4)
  })
})

const recordings = resolve(import.meta.dirname, '../../../../../shared/spec/fixtures/stellar')

describe.skipIf(!existsSync(recordings) && process.env.CI !== 'true')('recorded answers', () => {
  it('are served unchanged', async () => {
    const simulator = await startStellarSimulator({ recordedDir: recordings })
    const rpc = createJsonRpc(simulator.url)
    const recorded = (name: string): unknown => JSON.parse(readFileSync(resolve(recordings, name), 'utf8'))
    expect(await rpc('getLatestLedger', [])).toMatchObject({ sequence: 808_663 })
    const ledgers = list(await rpc('getLedgers', { startLedger: 172_627 }), 'ledgers')
    expect(ledgers).toEqual(list(recorded('blocks.json')).map((block) => at(block, 'Stellar')))
    expect(await rpc('getTransactions', { startLedger: 172_627 })).toMatchObject({
      transactions: recorded('transactions.json'),
    })
    const first = fieldsOf(await rpc('getEvents', { startLedger: 172_627, pagination: { limit: 1 } }))
    const second = fieldsOf(await rpc('getEvents', { pagination: { cursor: first['cursor'], limit: 1 } }))
    expect([...list(first['events']), ...list(second['events'])]).toEqual(recorded('events.json'))
    await simulator.close()
  })
})
