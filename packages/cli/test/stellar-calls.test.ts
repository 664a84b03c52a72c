import { startStellarSimulator, stellarOperation, tokenSpec, type StellarSimulator } from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { monitor, network, webhook } from './objects.ts'
import { smt } from './in-process.ts'
import { writeConfig } from './smt.ts'

describe('a contract call, with the spec on chain', () => {
  let simulator: StellarSimulator
  let contractId: string
  let txHash: string
  let ledger: number

  beforeAll(async () => {
    simulator = await startStellarSimulator()
    contractId = simulator.deploy({ name: 'token', spec: tokenSpec }).contractId
    const { alice, bob } = simulator.accounts
    txHash = simulator.submit({
      source: alice,
      operations: [stellarOperation.tokenMint({ contractId, to: bob, amount: 7n })],
    })
    ledger = simulator.closeLedger().sequence
    simulator.closeLedger()
  })
  afterAll(() => simulator?.close())

  const tree = () => ({
    'networks/stellar_local.json': network('stellar_local', simulator.url, {
      network_type: 'Stellar',
      network_passphrase: simulator.passphrase,
      chain_id: null,
    }),
    'triggers/all.json': { hook: webhook('Hook') },
    'monitors/mints.json': monitor('Mints', {
      networks: ['stellar_local'],
      addresses: [{ address: contractId }],
      match_conditions: {
        functions: [{ signature: 'mint(Address,I128)', expression: 'amount > 6' }],
        events: [],
        transactions: [{ status: 'Success' }],
      },
    }),
  })

  it('prints the matches of a ledger, decoded by the spec on chain', async () => {
    const directory = await writeConfig(tree())
    const at = ['--network', 'stellar_local', '--block', String(ledger)]
    const { code, stdout, stderr } = await smt(['run', '--config', directory, ...at])
    expect({ code, stderr }).toEqual({ code: 0, stderr: `smt: stellar_local, block ${ledger}: 1 match (1 monitor)\n` })
    expect(JSON.parse(stdout)).toMatchObject([
      {
        Stellar: {
          transaction: { txHash },
          ledger: { sequence: ledger },
          matched_on_args: { functions: [{ args: [{}, { name: 'amount', value: '7' }] }] },
        },
      },
    ])
  })

  it('explains why a monitor matches a transaction, for people and as JSON', async () => {
    const asked = ['explain', '--config', await writeConfig(tree()), '--monitor', 'mints', '--network', 'stellar_local']
    const text = await smt([...asked, '--tx', txHash])
    expect(text.code).toBe(0)
    expect(text.stdout).toContain(`transaction ${txHash}`)
    expect(text.stdout).toContain('functions passed')
    const json = await smt([...asked, '--tx', txHash.toUpperCase(), '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ matched: true, gates: { functions: { passed: true } } })
  })
})
