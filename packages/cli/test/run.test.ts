import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deployToken, freePort, startAnvil } from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { monitor, network, webhook } from './objects.ts'
import { smt } from './in-process.ts'
import { smtBinary, temporaryDirectory, writeConfig, writeInto } from './smt.ts'

type Match = { EVM: Record<string, unknown> }

describe('smt run', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>
  let token: Awaited<ReturnType<typeof deployToken>>
  let block: bigint
  let txHash: string

  beforeAll(async () => {
    anvil = await startAnvil()
    token = await deployToken(anvil.rpc)
    const accounts = (await anvil.rpc('eth_accounts', [])) as string[]
    txHash = await token.transfer({ from: accounts[0]!, to: accounts[1]!, value: 7n })
    block = BigInt(String((await token.waitForReceipt(txHash))['blockNumber']))
  })

  afterAll(() => anvil?.stop())

  const transfers = (name: string, rest: object = {}) =>
    monitor(name, {
      addresses: [{ address: token.address, contract_spec: token.abi }],
      match_conditions: {
        functions: [],
        events: [{ signature: 'Transfer(address,address,uint256)' }],
        transactions: [{ status: 'Success' }],
      },
      ...rest,
    })

  const tree = () => ({
    'networks/local.json': network('local', anvil.url),
    'triggers/all.json': { hook: webhook('Hook') },
    'monitors/transfers.json': transfers('Transfers'),
    'monitors/paused.json': transfers('Paused one', { paused: true }),
    'monitors/elsewhere.json': transfers('Elsewhere', { networks: ['other'] }),
    'networks/other.json': network('other', 'http://127.0.0.1:1/never-asked'),
  })

  const run = (directory: string, args: string[], env: Record<string, string> = {}) =>
    smt(['run', '--config', directory, ...args], env)
  const at = (number: bigint) => ['--network', 'local', '--block', String(number)]
  const matchesOf = (stdout: string) => JSON.parse(stdout) as Match[]

  it('prints the JSON array of matches and nothing else on standard output', async () => {
    const { code, stdout, stderr } = await smtBinary(['run', '--config', await writeConfig(tree()), ...at(block)])
    expect(code).toBe(0)
    const matches = matchesOf(stdout)
    expect(matches).toHaveLength(1)
    expect(stdout).toBe(`${JSON.stringify(matches)}\n`)
    expect(matches[0]!.EVM).toMatchObject({
      monitor: { name: 'Transfers', addresses: [{ address: token.address, contract_spec: null }] },
      transaction: { hash: txHash },
      network_slug: 'local',
      matched_on: {
        functions: [],
        events: [{ signature: 'Transfer(address,address,uint256)', expression: null }],
        transactions: [{ status: 'Success', expression: null }],
      },
      matched_on_args: { functions: null, events: [{ args: [{}, {}, { name: 'value', value: '7' }] }] },
    })
    expect(Object.keys(matches[0]!.EVM)).toEqual([
      'monitor',
      'transaction',
      'receipt',
      'logs',
      'network_slug',
      'matched_on',
      'matched_on_args',
    ])
    expect(stderr).toBe(`smt: local, block ${block}: 1 match (1 monitor)\n`)
  })

  it('answers [] when nothing matched', async () => {
    expect(await run(await writeConfig(tree()), at(0n))).toMatchObject({ code: 0, stdout: '[]\n' })
  })

  it('runs a single monitor by file, path or name, paused or from elsewhere', async () => {
    const directory = await writeConfig(tree())
    const outside = await temporaryDirectory()
    await writeInto(outside, { 'mine.json': transfers('Mine', { networks: ['other'], paused: true }) })
    const named = async (wanted: string) => {
      const { code, stdout } = await run(directory, [...at(block), '--monitor', wanted])
      return { code, names: matchesOf(stdout).map(({ EVM }) => (EVM['monitor'] as { name: string }).name) }
    }
    expect(await named('paused')).toEqual({ code: 0, names: ['Paused one'] })
    expect(await named('Paused one')).toEqual({ code: 0, names: ['Paused one'] })
    expect(await named(join(directory, 'monitors/elsewhere.json'))).toEqual({ code: 0, names: ['Elsewhere'] })
    expect(await named(join(outside, 'mine.json'))).toEqual({ code: 0, names: ['Mine'] })
    expect(await run(directory, [...at(block), '--monitor', 'nobody'])).toMatchObject({ code: 2, stdout: '' })
  })

  it('takes the newest block without --block, on the networks that the monitor lists', async () => {
    const directory = await writeConfig(tree())
    const newest = await run(directory, ['--monitor', 'transfers'])
    expect(newest.code).toBe(0)
    expect(newest.stderr).toContain(`local, block ${BigInt(String(await anvil.rpc('eth_blockNumber', [])))}: `)
    expect(await run(directory, ['--monitor', 'paused'])).toEqual({ code: 0, stdout: '[]\n', stderr: '' })
  })

  it('warns of an expression that can never hold, and evaluates it as OpenZeppelin Monitor does', async () => {
    const broken = transfers('Broken', {
      match_conditions: {
        functions: [],
        events: [],
        transactions: [{ status: 'Any', expression: '((( not an expression' }],
      },
    })
    const directory = await writeConfig({ ...tree(), 'monitors/broken.json': broken })
    const { code, stdout, stderr } = await run(directory, at(block))
    expect(code).toBe(0)
    expect(matchesOf(stdout)).toHaveLength(1)
    expect(stderr).toContain('monitors/broken.json /match_conditions/transactions/0/expression expression_syntax: ')
  })

  it('fails with empty output and no URL when no node answers or the block does not exist', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/v2/k3y-of-the-endpoint`
    const directory = await writeConfig({ ...tree(), 'networks/local.json': network('local', url) })
    const dead = await run(directory, at(block))
    expect(dead).toMatchObject({ code: 1, stdout: '' })
    expect(dead.stderr).toContain(`(asked: 127.0.0.1:${port})`)
    expect(dead.stderr).not.toContain('k3y')
    const beyond = await run(await writeConfig(tree()), at(1_000_000n))
    expect(beyond).toMatchObject({ code: 1, stdout: '' })
    expect(beyond.stderr).toContain('block 1000000 was not found')
    const wrongChain = network('local', anvil.url, { chain_id: 1 })
    const other = await run(await writeConfig({ ...tree(), 'networks/local.json': wrongChain }), at(block))
    expect(other).toMatchObject({ code: 1, stdout: '' })
    expect(other.stderr).toContain('the node serves another chain')
  })

  it('reads the endpoint from an environment variable and names it when it is missing', async () => {
    const url = { type: 'Environment', value: 'MY_NODE' }
    const local = network('local', anvil.url, { rpc_urls: [{ type_: 'rpc', url, weight: 100 }] })
    const directory = await writeConfig({ ...tree(), 'networks/local.json': local })
    expect(await run(directory, at(block))).toEqual({
      code: 2,
      stdout: '',
      stderr: 'smt: networks/local.json /rpc_urls/0/url: the environment variable MY_NODE is not set.\n',
    })
    expect((await run(directory, at(block), { MY_NODE: anvil.url })).code).toBe(0)
    const vault = network('local', anvil.url, {
      rpc_urls: [{ type_: 'rpc', url: { type: 'HashicorpCloudVault', value: 'node' }, weight: 100 }],
    })
    const refused = await run(await writeConfig({ ...tree(), 'networks/local.json': vault }), at(block))
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('secrets of a vault cannot be read here')
  })

  it('shows no viewing key of a monitor', async () => {
    const keys = [
      { type: 'plain', value: 's3cret-key' },
      { type: 'environment', value: 'VIEWING_KEY' },
    ]
    const chain_configurations = [{ midnight: { viewing_keys: keys } }]
    const directory = await writeConfig({
      ...tree(),
      'monitors/transfers.json': transfers('Transfers', { chain_configurations }),
    })
    const { stdout, stderr } = await run(directory, at(block), { VIEWING_KEY: 'an0ther-key' })
    expect(matchesOf(stdout)).toHaveLength(1)
    expect(stdout + stderr).not.toMatch(/s3cret-key|an0ther-key/)
  })

  it('refuses a directory with problems before it asks anybody', async () => {
    const directory = await writeConfig({ ...tree(), 'triggers/broken.json': '{' })
    const { code, stdout, stderr } = await run(directory, at(block))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('smt: triggers/broken.json:1:2 malformed_json')
    await rm(join(directory, 'triggers/broken.json'))
    expect(await readFile(join(directory, 'triggers/all.json'), 'utf8')).toContain('Hook')
    expect(await run(directory, ['--network', 'nowhere', '--block', '1'])).toMatchObject({ code: 2, stdout: '' })
  })
})
