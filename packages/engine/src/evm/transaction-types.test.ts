import { describe, expect, it } from 'vitest'
import { address, hash, nodeReceipt, nodeTransaction } from '../testing/evm-chain.ts'
import { parseEvmBlock } from './block.ts'
import { parseEvmReceipt } from './receipt.ts'

const fees = { maxFeePerGas: '0x77359400', maxPriorityFeePerGas: '0x3b9aca00' }
const signature = { v: '0x1', r: '0x1234', s: '0x5678', yParity: '0x1', chainId: '0x1' }
const accessList = [{ address: address(0xaa), storageKeys: [hash(1)] }]
const authorization = { chainId: '0x1', address: address(0xbb), nonce: '0x0', yParity: '0x0', r: '0x1', s: '0x2' }

type Row = [type: string, what: string, parts: Record<string, unknown>]

const rows: Row[] = [
  ['0x0', 'legacy', { v: '0x25', r: '0x1234', s: '0x5678', chainId: '0x1' }],
  ['0x0', 'legacy before EIP-155', { v: '0x1b', r: '0x1234', s: '0x5678' }],
  ['0x1', 'access list (EIP-2930)', { ...signature, accessList }],
  ['0x2', 'dynamic fee (EIP-1559)', { ...signature, ...fees, accessList: [] }],
  [
    '0x3',
    'blob (EIP-4844)',
    { ...signature, ...fees, accessList, maxFeePerBlobGas: '0x1', blobVersionedHashes: [hash(1)] },
  ],
  ['0x4', 'set code (EIP-7702)', { ...signature, ...fees, accessList: [], authorizationList: [authorization] }],
  [
    '0x7e',
    'OP Stack deposit',
    {
      sourceHash: hash(9),
      mint: '0x0',
      isSystemTx: false,
      depositReceiptVersion: '0x1',
      gasPrice: '0x0',
      v: '0x0',
      r: '0x0',
      s: '0x0',
      yParity: '0x0',
      nonce: '0x12b07',
    },
  ],
  ['0x64', 'Arbitrum deposit', { requestId: hash(2), gasPrice: '0x0', chainId: '0xa4b1' }],
  ['0x65', 'Arbitrum unsigned', { requestId: hash(2), chainId: '0xa4b1' }],
  ['0x66', 'Arbitrum contract', { requestId: hash(2), maxFeePerGas: '0x1', chainId: '0xa4b1' }],
  ['0x68', 'Arbitrum retry', { ticketId: hash(3), refundTo: address(1), maxRefund: '0x1', submissionFeeRefund: '0x2' }],
  [
    '0x69',
    'Arbitrum submit retryable',
    {
      requestId: hash(2),
      l1BaseFee: '0x1',
      depositValue: '0x2',
      retryTo: null,
      retryValue: '0x0',
      retryData: '0x',
      beneficiary: address(2),
      maxSubmissionFee: '0x3',
      refundTo: address(3),
    },
  ],
  ['0x6a', 'Arbitrum internal', { chainId: '0xa4b1', from: `0x${'a4b05'.padStart(40, '0')}` }],
  ['0x71', 'zkSync EIP-712', { ...fees, l1BatchNumber: '0x1', l1BatchTxIndex: '0x2', customSignature: '0x' }],
  ['0xff', 'zkSync priority', { ...fees, l1BatchNumber: null, l1BatchTxIndex: null }],
  ['0x7b', 'Celo fee currency (CIP-64)', { ...signature, ...fees, accessList: [], feeCurrency: address(0xce) }],
  [
    '0x7c',
    'Celo gateway fee',
    { ...signature, ...fees, feeCurrency: null, gatewayFee: '0x0', gatewayFeeRecipient: null },
  ],
  ['0x7d', 'a type of the future', { ...signature, someday: { nested: [1, '2', null] } }],
]

/** Keys that every transaction of `nodeTransaction` has. */
const common = new Set(Object.keys(nodeTransaction({ hash: hash(1) })))

describe('transactions of every type', () => {
  it.each(rows)('%s, %s: parse and keep their own keys and values', (type, _what, parts) => {
    const header = { number: '0x10', hash: hash(1), parentHash: hash(2), timestamp: '0x65' }
    const { transactions } = parseEvmBlock({
      ...header,
      transactions: [nodeTransaction({ hash: hash(0xd1), type, ...parts })],
    })
    const [transaction] = transactions
    expect(transaction?.json).toMatchObject({ hash: hash(0xd1), type, ...withoutNulls(parts) })
    const own = Object.keys(transaction?.json ?? {}).filter((key) => !common.has(key) && key !== 'type')
    expect(own.toSorted()).toEqual(
      Object.keys(parts)
        .filter((key) => !common.has(key))
        .toSorted(),
    )
  })

  it.each(rows)('%s, %s: their receipts parse, whatever keys of their own they have', (type) => {
    const parts = { type, l1Fee: '0x1', l1GasUsed: '0x2', blobGasUsed: '0x20000', gasUsedForL1: '0x1', l2ToL1Logs: [] }
    const { json, isSuccess } = parseEvmReceipt(nodeReceipt(hash(0xd1), parts))
    expect(json).toMatchObject({ transactionHash: hash(0xd1), type })
    expect(isSuccess).toBe(true)
    expect(json).not.toHaveProperty('l1Fee')
  })
})

/** Unknown keys keep their null, known ones may be left out. */
function withoutNulls(parts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null))
}
