import { describe, expect, it } from 'vitest'
import { isUpstreamMissing } from '../testing/upstream-fixture.ts'
import {
  account,
  callOperation,
  contractAddress,
  envelopeXdr,
  invocation,
  muxedAccount,
  otherAccount,
  otherContract,
} from '../testing/stellar-values.ts'
import { stellarVectors as vectors } from '../testing/stellar-vectors.ts'
import { upstreamTransactions } from '../testing/upstream-stellar-xdr.ts'
import { decodeBase64 } from './base64.ts'
import { callsOf } from './call.ts'
import { readEnvelope } from './envelope.ts'
import { createMentionScan, invokedContracts } from './prefilter.ts'
import { contractIdHexOf } from './strkey.ts'

function calledBy(xdr: string): (string | undefined)[] {
  const calls = callsOf(readEnvelope(xdr), { nested: false, diagnosticEventsXdr: [] })
  return calls.map(({ contractId }) => contractIdHexOf(contractId))
}

describe('invokedContracts', () => {
  it('finds the contract of every call, also in a fee bump', () => {
    for (const { envelopeXdr: xdr } of [...vectors.functions, ...vectors.transactions]) {
      expect(invokedContracts(decodeBase64(xdr))).toEqual(calledBy(xdr))
    }
  })

  it.skipIf(isUpstreamMissing)('finds the contract of every call of real transactions', () => {
    for (const { envelopeXdr: xdr } of upstreamTransactions()) {
      expect(invokedContracts(decodeBase64(xdr))).toEqual(expect.arrayContaining(calledBy(xdr)))
    }
  })

  it('takes bytes that stand anywhere in a buffer', () => {
    const xdr = decodeBase64(envelopeXdr([callOperation(invocation(contractAddress, 'f', []))]))
    const shifted = new Uint8Array(xdr.length + 3)
    shifted.set(xdr, 3)
    expect(invokedContracts(shifted.subarray(3))).toEqual([contractIdHexOf(contractAddress)])
  })
})

describe('createMentionScan', () => {
  it('finds accounts, muxed ones by their account, and contracts, and nothing else', () => {
    const payment = { body: { payment: { destination: muxedAccount, asset: 'native', amount: '1' } } }
    const xdr = decodeBase64(envelopeXdr([payment, callOperation(invocation(contractAddress, 'f', []))]))
    const scan = createMentionScan([account, otherAccount, contractAddress, otherContract, 'nonsense'])
    expect(scan(xdr)).toEqual(new Set([account, otherAccount, contractAddress]))
    expect(createMentionScan([muxedAccount])(xdr)).toEqual(new Set([muxedAccount]))
  })
})
