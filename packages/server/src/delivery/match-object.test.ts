import { parseJson, stringifyJson, type EvmMatchObject, type MatchObject, type StellarMatchObject } from '@smt/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { matchedPayment, matchedTransfer, storedMatch } from '../testing/stored-alerts.ts'
import { matchObjectOf, type StoredMatch } from './match-object.ts'

function evmMatch(stored: StoredMatch): EvmMatchObject {
  const match = matchObjectOf(stored)
  if (!('EVM' in match)) throw new Error('not of EVM')
  return match
}

function stellarOf(match: MatchObject): StellarMatchObject {
  if (!('Stellar' in match)) throw new Error('not of Stellar')
  return match
}

const txHash = `0x${'ab'.repeat(32)}`

describe('a Stellar match object from what is stored', () => {
  const hash = 'ab'.repeat(32)

  it('has the fields of OZ Monitor in its order, with the whole ledger, and nothing of ours without extensions', () => {
    const match = matchObjectOf(matchedPayment(hash))
    expect(Object.keys(match)).toEqual(['Stellar'])
    const { Stellar } = stellarOf(match)
    expect(Object.keys(Stellar)).toEqual([
      'monitor',
      'transaction',
      'ledger',
      'network_slug',
      'matched_on',
      'matched_on_args',
    ])
    expect(Stellar.transaction).toMatchObject({ txHash: hash, decoded: null })
    expect(Stellar.ledger).toEqual(matchedPayment(hash).block)
  })

  it('shows operations and positions of a monitor with extensions', () => {
    const matchedOn = {
      functions: [],
      events: [],
      transactions: [],
      operations: [{ type: 'payment', expression: null }],
    }
    const matchedOnArgs = { functions: null, events: null, operations: [{ type: 'payment', args: [] }] }
    const positions = { functions: [], events: [], operations: [{ operation_index: 2 }] }
    const { Stellar } = stellarOf(matchObjectOf({ ...matchedPayment(hash), matchedOn, matchedOnArgs, positions }))
    expect(Stellar).toMatchObject({ matched_on: { operations: [{ type: 'payment' }] }, positions })
  })

  it.each([
    ['no ledger', { block: null }],
    ['no positions', { positions: null }],
    ['a transaction that is an array', { item: { transaction: [] } }],
    [
      'a status that none has',
      { matchedOn: { functions: [], events: [], transactions: [{ status: 'Maybe', expression: null }] } },
    ],
  ])('is refused for %s', (_, change) => {
    expect(() => matchObjectOf({ ...matchedPayment(hash), ...change })).toThrow(z.ZodError)
  })

  it('is refused for a family that nobody knows', () => {
    expect(() => matchObjectOf({ ...matchedPayment(hash), family: 'Cosmos' })).toThrow(/unknown family/)
  })
})

describe('a match object from what is stored', () => {
  it('has the fields of OZ Monitor in its order, and the monitor in full file form', () => {
    const { EVM } = evmMatch(storedMatch(txHash))
    expect(Object.keys(EVM)).toEqual([
      'monitor',
      'transaction',
      'receipt',
      'logs',
      'network_slug',
      'matched_on',
      'matched_on_args',
    ])
    expect(EVM.monitor).toMatchObject({
      addresses: [{ contract_spec: null }],
      match_conditions: { events: [{ expression: null }] },
      chain_configurations: [],
    })
  })

  it('keeps unknown fields of a transaction, in the order of the node, with all digits and U+0000', () => {
    const text = String.raw`{"zz":1,"hash":"0x1","aa":123456789012345678901234567890,"rate":1.10,"text":"a\u0000b","__proto__":{"x":1}}`
    const item = { transaction: parseJson(text), logs: [], receipt: null }
    const { EVM } = evmMatch(storedMatch(txHash, { item }))
    expect(stringifyJson(EVM.transaction)).toBe(
      String.raw`{"hash":"0x1","zz":1,"aa":123456789012345678901234567890,"rate":1.10,"text":"a\u0000b","__proto__":{"x":1}}`,
    )
  })

  it('shows the receipt only to those who asked for it', () => {
    const item = { ...matchedTransfer(txHash).item, receipt: { status: '0x1', logs: [] } }
    expect(evmMatch(storedMatch(txHash, { item })).EVM.receipt).toBeNull()
    expect(evmMatch(storedMatch(txHash, { item, withReceipt: true })).EVM.receipt).toEqual({
      status: '0x1',
      logs: [],
    })
  })

  it('shows a viewing key as its mask, neither in clear nor sealed', () => {
    const viewing_keys = [{ type: 'Plain', value: 'v1.1.sealed', mask: '••••••••' }]
    const monitor = { ...matchedTransfer(txHash).monitor, chain_configurations: [{ midnight: { viewing_keys } }] }
    const { EVM } = evmMatch(storedMatch(txHash, { monitor }))
    expect(EVM.monitor['chain_configurations']).toEqual([
      { midnight: { viewing_keys: [{ type: 'Plain', value: '••••••••' }] } },
    ])
  })

  it.each([
    ['a transaction that is an array', { item: { transaction: [], logs: [], receipt: null } }],
    ['a log that is a number', { item: { transaction: {}, logs: [1], receipt: null } }],
    ['no receipt at all', { item: { transaction: {}, logs: [] } }],
    [
      'an argument without a value',
      {
        matchedOnArgs: { functions: null, events: [{ signature: 'A()', args: [{ name: 'a' }], hex_signature: '0x' }] },
      },
    ],
    [
      'a status that none has',
      { matchedOn: { functions: [], events: [], transactions: [{ status: 'Any', expression: null }] } },
    ],
    ['a monitor that is null', { monitor: null }],
  ])('is refused for %s', (_, change) => {
    expect(() => matchObjectOf(storedMatch(txHash, change))).toThrow(z.ZodError)
  })
})
