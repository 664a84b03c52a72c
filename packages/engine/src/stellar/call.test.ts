import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../config/json.ts'
import {
  account,
  callOperation,
  contractAddress,
  envelopeOf,
  functionSpec,
  invocation,
  otherContract,
} from '../testing/stellar-values.ts'
import { callsOf, type ContractCall } from './call.ts'
import { compileInterface } from './contract-interface.ts'
import { readCall } from './read-call.ts'
import { contractIdHexOf } from './strkey.ts'
import { encodeXdr } from './xdr.ts'

const outer = invocation(contractAddress, 'swap', [{ u32: 1 }])
const inner = invocation(otherContract, 'transfer', [{ u32: 2 }])

function authorisation(root: JsonValue, ...inside: JsonValue[]): JsonValue {
  return {
    credentials: 'source_account',
    root_invocation: authorised(
      root,
      inside.map((called) => authorised(called)),
    ),
  }
}

function authorised(called: JsonValue, inside: JsonValue[] = []): JsonValue {
  return { function: { contract_fn: called }, sub_invocations: inside }
}

function diagnostic(
  caller: string | null,
  called: JsonValue,
  { name, data }: { name: string; data: JsonValue },
): string {
  const topics = [{ symbol: 'fn_call' }, called, { symbol: name }]
  const event = { ext: 'v0', contract_id: caller, type_: 'diagnostic', body: { v0: { topics, data } } }
  return encodeXdr('DiagnosticEvent', { in_successful_contract_call: true, event })
}

function summary({ contractId, functionName, isNested }: ContractCall): string {
  return `${contractId.slice(0, 4)} ${functionName} ${isNested ? 'nested' : 'direct'}`
}

describe('callsOf', () => {
  const operation = callOperation(outer, [authorisation(outer, inner), authorisation(outer, inner)])
  const diagnosticEventsXdr = [
    diagnostic(null, { bytes: contractIdHexOf(contractAddress) ?? '' }, { name: 'swap', data: { u32: 1 } }),
    diagnostic(
      contractAddress,
      { bytes: contractIdHexOf(otherContract) ?? '' },
      { name: 'transfer', data: { u32: 2 } },
    ),
    diagnostic(contractAddress, { address: otherContract }, { name: 'balance', data: 'void' }),
  ]

  it('leaves nested calls out unless they are asked for', () => {
    expect(callsOf(envelopeOf(operation), { nested: false, diagnosticEventsXdr }).map(summary)).toEqual([
      'CAIR swap direct',
    ])
  })

  it('takes nested calls from the authorisations, each once', () => {
    const calls = callsOf(envelopeOf(operation), { nested: true, diagnosticEventsXdr: [] })
    expect(calls.map(summary)).toEqual(['CAIR swap direct', 'CARC transfer nested'])
  })

  it('takes nested calls from diagnostic events when the node has them, and the direct call not again', () => {
    const calls = callsOf(envelopeOf(operation), { nested: true, diagnosticEventsXdr })
    expect(calls.map(summary)).toEqual(['CAIR swap direct', 'CARC transfer nested', 'CARC balance nested'])
  })

  it('counts operations from 0', () => {
    const merge = { body: { account_merge: account } }
    expect(callsOf(envelopeOf(merge, operation), { nested: false, diagnosticEventsXdr: [] })[0]?.operationIndex).toBe(1)
  })

  it.each<[string, JsonValue, string | undefined]>([
    ['one argument that is a list', { vec: [{ u32: 1 }, { u32: 2 }] }, 'list'],
    ['two arguments', { vec: [{ u32: 1 }, { bool: true }] }, 'two'],
    ['no argument', 'void', 'none'],
  ])('lets the spec decide whether a diagnostic event tells %s', (_what, data, name) => {
    const contract = compileInterface([
      functionSpec('list', { items: { vec: { element_type: 'u32' } } }),
      functionSpec('two', { a: 'u32', b: 'bool' }),
      functionSpec('none', {}),
    ])
    const event = diagnostic(contractAddress, { address: otherContract }, { name: name ?? '', data })
    const calls = callsOf(envelopeOf(operation), { nested: true, diagnosticEventsXdr: [event] })
    const readings = calls.filter(({ isNested }) => isNested).flatMap((call) => readCall(call, contract))
    expect(readings.map(({ dialect, signature }) => `${dialect} ${signature}`)).toEqual([
      `spec ${contract.functions.find((declared) => declared.name === name)?.signature}`,
    ])
  })

  it.each<[string, JsonValue]>([
    ['of an address', { address: credentials() }],
    ['of protocol 27', { address_v2: credentials() }],
    [
      'with delegates of protocol 27',
      { address_with_delegates: { address_credentials: credentials(), delegates: [] } },
    ],
  ])('reads authorisations %s', (_what, by) => {
    const auth = [{ credentials: by, root_invocation: authorised(outer, [authorised(inner)]) }]
    const calls = callsOf(envelopeOf(callOperation(outer, auth)), { nested: true, diagnosticEventsXdr: [] })
    expect(calls.map(summary)).toEqual(['CAIR swap direct', 'CARC transfer nested'])
  })
})

function credentials(): JsonValue {
  return { address: account, nonce: '1', signature_expiration_ledger: 1, signature: 'void' }
}
