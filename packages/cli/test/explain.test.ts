import { deployToken, startAnvil } from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { monitor, network, webhook } from './objects.ts'
import { smt } from './in-process.ts'
import { writeConfig } from './smt.ts'

describe('smt explain', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>
  let token: Awaited<ReturnType<typeof deployToken>>
  let accounts: string[]
  let txHash: string

  beforeAll(async () => {
    anvil = await startAnvil()
    token = await deployToken(anvil.rpc)
    accounts = ((await anvil.rpc('eth_accounts', [])) as string[]).map(String)
    txHash = await token.transfer({ from: accounts[0]!, to: accounts[1]!, value: 7n })
    await token.waitForReceipt(txHash)
  })

  const configured = (): Promise<string> => {
    const functions = [{ signature: 'transfer(address,uint256)', expression: `value > 100 AND to == ${accounts[1]!}` }]
    return writeConfig({
      'networks/local.json': network('local', anvil.url),
      'triggers/all.json': { hook: webhook('Hook') },
      'monitors/large.json': monitor('Large', {
        addresses: [{ address: token.address, contract_spec: token.abi }],
        match_conditions: { functions, events: [], transactions: [{ status: 'Any' }] },
      }),
      'monitors/typo.json': monitor('Typo', {
        addresses: [{ address: token.address, contract_spec: token.abi }],
        match_conditions: { functions: [{ ...functions[0]!, expression: 'valeu > 1' }], events: [], transactions: [] },
      }),
    })
  }

  afterAll(() => anvil?.stop())

  const explain = async (name: string, hash: string, more: string[] = []) =>
    smt(['explain', '--config', await configured(), '--network', 'local', '--monitor', name, '--tx', hash, ...more])

  it('prints why there is no match, down to the part of the expression and the value', async () => {
    const { code, stdout, stderr } = await explain('Large', txHash)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')[0]).toBe('Not matched: no function condition holds.')
    expect(stdout).toContain(`${token.address.toLowerCase()} (recipient, emitter) is watched`)
    expect(stdout).toContain('      false  AND\n        false  value > 100 (value is 7)\n        skipped  to ==')
  })

  it('prints the form of the API with --json', async () => {
    const { code, stdout } = await explain('Large', txHash.toUpperCase().replace('0X', '0x'), ['--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      matched: false,
      gates: { functions: { outcome: 'not_matched' }, transactions: { passed: true }, combination: { passed: false } },
    })
  })

  it('names the error of an expression that OZ Monitor only logs, and check warns of it', async () => {
    expect((await explain('Typo', txHash)).stdout).toContain('condition 0: VariableNotFound  valeu > 1')
    const { code, stdout } = await smt(['check', await configured()])
    expect(code).toBe(0)
    expect(stdout).toMatch(/monitors\/typo\.json \S+ unknown_variable: .*value.* It can never hold/)
  })

  it('fails with 1 and nothing on standard output for a transaction that is not mined', async () => {
    const { code, stdout, stderr } = await explain('Large', `0x${'0'.repeat(64)}`)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('there is no mined transaction')
  })

  it('fails with 2 for a hash that is none', async () => {
    expect(await explain('Large', '0x12')).toMatchObject({ code: 2, stdout: '' })
  })
})
