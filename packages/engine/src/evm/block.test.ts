import { describe, expect, it } from 'vitest'
import { JsonNumber } from '../config/json.ts'
import { address, hash, nodeReceipt, nodeTransaction } from '../testing/evm-chain.ts'
import { parseEvmBlock } from './block.ts'
import { ChainDataError } from './chain-data-error.ts'
import { parseEvmLogs } from './log.ts'
import { parseEvmReceipt, parseEvmReceipts } from './receipt.ts'

const header = { number: '0x10', hash: hash(1), parentHash: hash(2), timestamp: '0x65' }
const parseOne = (parts: Record<string, unknown>) =>
  parseEvmBlock({ ...header, transactions: [nodeTransaction({ hash: hash(0xd1), ...parts })] }).transactions[0]!.json

function pointerOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    if (error instanceof ChainDataError) return error.pointer
    throw error
  }
  throw new Error('nothing was refused')
}

describe('parseEvmBlock', () => {
  it('reads quantities as hexadecimal, decimal text or integer, and drops unknown keys', () => {
    const block = { ...header, number: '16', timestamp: 101, baseFeePerGas: 'whatever', transactions: [] }
    expect(parseEvmBlock(block)).toEqual({
      number: 16n,
      hash: hash(1),
      parentHash: hash(2),
      timestamp: 101n,
      transactions: [],
    })
    expect(parseEvmBlock({ ...block, number: '0x0010', timestamp: 101n })).toMatchObject({
      number: 16n,
      timestamp: 101n,
    })
  })

  it('prints transactions with known keys in order, absent ones as null or not at all, and unknown keys verbatim', () => {
    const json = parseOne({
      chainId: '0x0539',
      hash: hash(0xd1).replace('d1', 'D1'),
      to: address(0xab).toUpperCase().replace('0X', '0x'),
      value: '1000',
      gas: 21_000,
      gasPrice: null,
      v: undefined,
      r: '0x00ff',
      type: '0x7E',
      yParity: '0x1',
      accessList: [{ address: address(0xaa), storageKeys: [hash(0xee)] }],
      authorizationList: [{ nonce: 1, extra: null }],
      blobVersionedHashes: null,
    })
    expect(JSON.stringify(json, undefined, 1)).toBe(
      JSON.stringify(
        {
          hash: hash(0xd1),
          nonce: '0x1',
          blockHash: hash(0xb1),
          blockNumber: '0x10',
          transactionIndex: '0x0',
          from: address(0xf0),
          to: address(0xab),
          value: '0x3e8',
          gasPrice: null,
          gas: '0x5208',
          input: '0x',
          r: '0xff',
          type: '0x7e',
          accessList: [{ address: address(0xaa), storageKeys: [hash(0xee)] }],
          yParity: '0x1',
          chainId: '0x0539',
          authorizationList: [{ nonce: 1, extra: null }],
          blobVersionedHashes: null,
        },
        undefined,
        1,
      ),
    )
  })

  it('omits an absent sender and shows an absent recipient as null', () => {
    const json = parseOne({ from: null, to: null })
    expect(json).not.toHaveProperty('from')
    expect(json.to).toBeNull()
  })

  it('keeps an unknown key named __proto__ as data', () => {
    const transaction: unknown = JSON.parse(
      JSON.stringify(nodeTransaction({ hash: hash(1) })).replace('{', '{"__proto__":{"to":"0x00"},'),
    )
    const { json } = parseEvmBlock({ ...header, transactions: [transaction] }).transactions[0]!
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype)
    expect(JSON.stringify(json)).toContain('"__proto__":{"to":"0x00"}')
  })

  it.each([
    ['/number', { ...header, number: null, transactions: [] }],
    ['/hash', { ...header, hash: undefined, transactions: [] }],
    ['/transactions', header],
    ['/transactions/0', { ...header, transactions: [hash(1)] }],
    ['/transactions/0/gas', { ...header, transactions: [nodeTransaction({ hash: hash(1), gas: undefined })] }],
    [
      '/transactions/0/value',
      { ...header, transactions: [nodeTransaction({ hash: hash(1), value: `0x1${'0'.repeat(64)}` })] },
    ],
    [
      '/transactions/0/value',
      { ...header, transactions: [nodeTransaction({ hash: hash(1), value: '9'.repeat(200_000) })] },
    ],
    ['/transactions/0/value', { ...header, transactions: [nodeTransaction({ hash: hash(1), value: -1 })] }],
    ['/transactions/0/value', { ...header, transactions: [nodeTransaction({ hash: hash(1), value: 2 ** 60 })] }],
    [
      '/transactions/0/value',
      { ...header, transactions: [nodeTransaction({ hash: hash(1), value: new JsonNumber('1e3') })] },
    ],
    [
      '/transactions/0/type',
      { ...header, transactions: [nodeTransaction({ hash: hash(1), type: `0x1${'0'.repeat(16)}` })] },
    ],
    ['/transactions/0/to', { ...header, transactions: [nodeTransaction({ hash: hash(1), to: '0xaa' })] }],
    ['/transactions/0/input', { ...header, transactions: [nodeTransaction({ hash: hash(1), input: '0x123' })] }],
    [
      '/transactions/0/extra',
      { ...header, transactions: [nodeTransaction({ hash: hash(1), extra: nested(200_000) })] },
    ],
    ['', null],
  ])('names the place of what it refuses: %s', (pointer, answer) => {
    expect(pointerOf(() => parseEvmBlock(answer))).toBe(pointer)
  })
})

describe('parseEvmLogs', () => {
  it('prints all keys in order, absent ones as null, and drops unknown ones', () => {
    const [log] = parseEvmLogs([
      {
        data: '0xAB',
        topics: [hash(0xf1)],
        address: address(0xaa),
        removed: true,
        blockTimestamp: '0x1',
        logIndex: '0x01',
      },
    ])
    expect(JSON.stringify(log?.json)).toBe(
      JSON.stringify({
        address: address(0xaa),
        topics: [hash(0xf1)],
        data: '0xab',
        blockHash: null,
        blockNumber: null,
        transactionHash: null,
        transactionIndex: null,
        logIndex: '0x1',
        transactionLogIndex: null,
        logType: null,
        removed: true,
      }),
    )
    expect(log?.isRemoved).toBe(true)
  })

  it('refuses an answer that is no list', () => {
    expect(() => parseEvmLogs(null)).toThrow(ChainDataError)
  })
})

describe('parseEvmReceipt', () => {
  it('prints all keys in order, null when absent, without type and unknown keys', () => {
    const { json } = parseEvmReceipt(nodeReceipt(hash(1), { l1Fee: '0x1', logsBloom: undefined, to: null }))
    expect(Object.keys(json)).toEqual(
      (
        'transactionHash transactionIndex blockHash blockNumber from to cumulativeGasUsed gasUsed contractAddress logs ' +
        'status root logsBloom effectiveGasPrice'
      ).split(' '),
    )
    expect(json).toMatchObject({ from: address(0), to: null, logsBloom: null, status: '0x1' })
    expect(parseEvmReceipt(nodeReceipt(hash(1), { type: 2 })).json.type).toBe('0x2')
  })

  it.each([
    ['0x1', true],
    [1, true],
    ['0x0', false],
    ['0x2', false],
    [null, false],
  ])('takes status %s as success: %s', (status, isSuccess) => {
    expect(parseEvmReceipts([nodeReceipt(hash(1), { status })])[0]?.isSuccess).toBe(isSuccess)
  })
})

function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}
