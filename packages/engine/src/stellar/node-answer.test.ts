import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../config/json.ts'
import { ChainDataError } from '../evm/chain-data-error.ts'
import { isUpstreamMissing, readUpstream } from '../testing/upstream-fixture.ts'
import { parseStellarEvent } from './event.ts'
import { parseStellarLedger } from './ledger.ts'
import type { StellarTransaction } from './ledger-data.ts'
import { hashOfResults } from './results-hash.ts'
import { parseStellarTransaction } from './transaction.ts'

const listOf = (value: JsonValue) => (Array.isArray(value) ? value : [])
const hash = 'ab'.repeat(32)

const transaction = {
  createdAt: 1735440610,
  ledger: 317598,
  feeBump: false,
  status: 'SUCCESS',
  txHash: hash,
  applicationOrder: 4,
  resultXdr: 'AAAB',
  envelopeXdr: 'AAAA',
}

describe.skipIf(isUpstreamMissing)('recorded answers', () => {
  const ledgers = isUpstreamMissing ? [] : listOf(readUpstream('stellar/blocks.json'))
  const memberOf = (value: JsonValue, key: string): JsonValue =>
    typeof value === 'object' && value !== null ? (new Map(Object.entries(value)).get(key) ?? null) : null

  it('of ledgers are read, and headers that follow each other are linked', () => {
    const [first, second] = ledgers.map((ledger) => parseStellarLedger(memberOf(ledger, 'Stellar'), '').ledger)
    expect(first).toMatchObject({ sequence: 172627n, closeTime: 1734715046n })
    expect(second).toMatchObject({ sequence: 172628n, previousHash: first?.hash })
  })

  it('keep the members and the form that OZ Monitor shows', () => {
    for (const ledger of ledgers) {
      const json = memberOf(ledger, 'Stellar')
      expect(parseStellarLedger(json, '').ledger.json).toEqual(json)
    }
    for (const json of listOf(readUpstream('stellar/transactions.json')))
      expect(parseStellarTransaction(json, '').json).toEqual(json)
  })

  it('of events name the transaction and the operation by their id', () => {
    const events = listOf(readUpstream('stellar/events.json')).map((json) =>
      parseStellarEvent(json, '', () => parseStellarTransaction(transaction, '')),
    )
    expect(events.map(({ transactionIndex, operationIndex }) => [transactionIndex, operationIndex])).toEqual([
      [3, 0],
      // Of the fifth transaction, so not an operation's of the fourth.
      [3, undefined],
    ])
  })
})

describe('a transaction', () => {
  it('is shown with its known members in a fixed order and its time as a number', () => {
    const { json } = parseStellarTransaction({ ...transaction, createdAt: '1735440610', events: {}, extra: 1 }, '')
    expect(JSON.stringify(json)).toBe(
      `{"status":"SUCCESS","txHash":"${hash}","applicationOrder":4,"feeBump":false,"envelopeXdr":"AAAA",` +
        '"resultXdr":"AAAB","ledger":317598,"createdAt":1735440610}',
    )
  })

  it.each([
    ['/status', { status: 1 }],
    ['/txHash', { txHash: null }],
    ['/applicationOrder', { applicationOrder: 0 }],
    ['/applicationOrder', { applicationOrder: 1.5 }],
    ['/feeBump', { feeBump: undefined }],
    ['/ledger', { ledger: '317598' }],
    ['/createdAt', { createdAt: 'yesterday' }],
    ['/envelopeXdr', { envelopeXdr: {} }],
    ['/diagnosticEventsXdr/0', { diagnosticEventsXdr: [1] }],
  ])('is refused at %s for %j', (pointer, parts) => {
    const parse = () => parseStellarTransaction({ ...transaction, ...parts }, '/t/0')
    expect(parse).toThrow(ChainDataError)
    expect(parse).toThrow(expect.objectContaining({ pointer: `/t/0${pointer}` }))
  })
})

describe('an event', () => {
  const parsed = (parts: object, applicationOrder = 4) =>
    parseStellarEvent({ id: 'x', type: 'contract', txHash: hash, ledger: 317598, ...parts }, '', () =>
      parseStellarTransaction({ ...transaction, applicationOrder, status: 'FAILED' }, ''),
    )

  it.each([
    ['an operation', { transactionIndex: 4, operationIndex: 2 }, 2],
    ['the time before all transactions', { transactionIndex: 0, operationIndex: 0 }, undefined],
    ['the time after its transaction', { transactionIndex: 4, operationIndex: 4095 }, undefined],
    ['the time after all transactions', { transactionIndex: 1048575, operationIndex: 0 }, undefined],
    ['an operation by its id', { id: '0001364073023291393-0000000001' }, 1],
    ['nothing', {}, undefined],
  ])('of %s belongs to the operation that made it', (_, parts, operationIndex) => {
    expect(parsed(parts)).toMatchObject({ transactionIndex: 3, operationIndex })
  })

  it('takes from its transaction what nodes have dropped', () => {
    expect(parsed({})).toEqual({
      id: 'x',
      type: 'contract',
      contractId: '',
      txHash: hash,
      transactionIndex: 3,
      operationIndex: undefined,
      isInSuccessfulCall: false,
      topics: undefined,
      value: undefined,
    })
    expect(parsed({ inSuccessfulContractCall: true })).toMatchObject({ isInSuccessfulCall: true })
  })
})

describe('the hash of results', () => {
  const item = (parts: Partial<StellarTransaction> = {}) => ({ hash, resultXdr: 'AAAB', ...parts })

  it('is SHA-256 of their count and each hash and result, and none when a result is not there', () => {
    expect(hashOfResults([])).toBe('df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119')
    expect(hashOfResults([item()])).not.toBe(hashOfResults([item(), item()]))
    expect(hashOfResults([item({ resultXdr: undefined })])).toBeUndefined()
    expect(hashOfResults([item({ resultXdr: '?' })])).toBeUndefined()
    expect(hashOfResults([item({ hash: 'FAKE' })])).toBeUndefined()
  })
})
