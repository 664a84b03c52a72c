import { startStellarSimulator, stellarOperation, type StellarSimulator } from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { monitor, network, webhook } from './objects.ts'
import { smt } from './in-process.ts'
import { writeConfig } from './smt.ts'

type Match = { Stellar: Record<string, unknown> }

describe('smt on a Stellar network', () => {
  let simulator: StellarSimulator
  let ledger: number
  let payment: string
  let merge: string

  beforeAll(async () => {
    simulator = await startStellarSimulator()
    const { alice, bob, carol } = simulator.accounts
    payment = simulator.submit({
      source: alice,
      operations: [stellarOperation.payment({ to: bob, asset: 'native', amount: 25_000_000n })],
    })
    merge = simulator.submit({ source: carol, operations: [stellarOperation.mergeAccount({ to: bob })] })
    ledger = simulator.closeLedger().sequence
  })

  afterAll(() => simulator?.close())

  const tree = (extensions: object = { stellar: { operations: [{ type: 'account_merge' }] } }) => ({
    'networks/testnet.json': network('testnet', simulator.url, {
      network_type: 'Stellar',
      network_passphrase: simulator.passphrase,
      chain_id: undefined,
    }),
    'triggers/all.json': { hook: webhook('Hook') },
    'monitors/payments.json': monitor('Payments', {
      networks: ['testnet'],
      addresses: [],
      match_conditions: {
        functions: [],
        events: [],
        transactions: [{ status: 'Success', expression: 'value > 20000000' }],
      },
    }),
    'monitors/merges.json': monitor('Merges', {
      networks: ['testnet'],
      addresses: [],
      match_conditions: { functions: [], events: [], transactions: [] },
    }),
    'extensions/merges.json': extensions,
  })

  const at = (number: number) => ['--network', 'testnet', '--block', String(number)]

  it('prints the matches of a ledger, also of conditions that only extensions can say', async () => {
    const { code, stdout, stderr } = await smt(['run', '--config', await writeConfig(tree()), ...at(ledger)])
    expect(stderr).toBe(`smt: testnet, block ${ledger}: 2 matches (2 monitors)\n`)
    expect(code).toBe(0)
    const matches = JSON.parse(stdout) as Match[]
    const named = new Map(
      matches.map(({ Stellar: match }) => [(match['monitor'] as { name: string }).name, match] as const),
    )
    expect(named.get('Payments')).toMatchObject({
      transaction: { txHash: payment, status: 'SUCCESS' },
      ledger: { sequence: ledger },
      network_slug: 'testnet',
      matched_on: { functions: [], events: [], transactions: [{ status: 'Success', expression: 'value > 20000000' }] },
    })
    expect(Object.keys(named.get('Payments')!)).toEqual([
      'monitor',
      'transaction',
      'ledger',
      'network_slug',
      'matched_on',
      'matched_on_args',
    ])
    expect(named.get('Merges')).toMatchObject({
      transaction: { txHash: merge },
      matched_on: { operations: [{ type: 'account_merge' }] },
      positions: { operations: [{ operation_index: 0 }] },
    })
  })

  it('says why a transaction did not match, with the values that were compared', async () => {
    const directory = await writeConfig(tree())
    const explain = (hash: string) =>
      smt(['explain', '--config', directory, '--network', 'testnet', '--monitor', 'payments', '--tx', hash])
    const missed = await explain(merge)
    expect(missed.stderr).toBe('')
    expect(missed.stdout).toContain('Not matched')
    expect(missed.stdout).toContain('value > 20000000 (value is 0)')
    expect((await explain(`0x${payment}`)).stdout).toMatch(/^Matched/)
  })

  it('finds what is wrong with extensions by file and pointer, and what extends nothing', async () => {
    const wrong = { stellar: { operations: [{ type: 'merge' }, { type: 'payment', expression: 'amuont > 1' }] } }
    const directory = await writeConfig({ ...tree(wrong), 'extensions/nobody.json': {}, 'extensions/list.json': [] })
    const { code, stdout } = await smt(['check', directory, '--json'])
    expect(code).toBe(1)
    const { problems } = JSON.parse(stdout) as { problems: { file: string; pointer: string; code: string }[] }
    expect(problems.map(({ file, pointer }) => `${file} ${pointer}`)).toEqual([
      'extensions/list.json ',
      'extensions/merges.json /stellar/operations/0/type',
      'extensions/merges.json /stellar/operations/1/expression',
      'extensions/nobody.json ',
    ])
  })

  it('fails for a node of another network and for a ledger that has not closed', async () => {
    const other = tree()
    Object.assign(other['networks/testnet.json'], { network_passphrase: 'Another network' })
    const elsewhere = await smt(['run', '--config', await writeConfig(other), ...at(ledger)])
    expect(elsewhere).toMatchObject({ code: 1, stdout: '' })
    expect(elsewhere.stderr).toContain('another network')
    const early = await smt(['run', '--config', await writeConfig(tree()), ...at(ledger + 5)])
    expect(early).toMatchObject({ code: 1, stdout: '' })
    expect(early.stderr).toContain(`block ${ledger + 5} was not found`)
  })
})
