import { deployToken, startAnvil, startReceiver } from '@smt/testkit'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServerUnderTest, type ServerUnderTest } from './server-process.ts'
import {
  create,
  evmNetwork,
  registerTenant,
  transferMonitor,
  webhookTrigger,
  type TenantClient,
} from './tenant-client.ts'

const message = {
  title: '${monitor.name}',
  body: '${transaction.hash} ${functions.0.args.value}',
}

describe('conditions on functions, events and transactions', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>
  let token: Awaited<ReturnType<typeof deployToken>>
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  let server: ServerUnderTest
  let networks: string
  let accounts: string[]
  let acme: TenantClient

  beforeAll(async () => {
    anvil = await startAnvil({})
    token = await deployToken(anvil.rpc)
    receiver = await startReceiver()
    accounts = ((await anvil.rpc('eth_accounts', [])) as string[]).map(String)
    networks = await mkdtemp(join(tmpdir(), 'smt-networks-'))
    await writeFile(join(networks, 'chain.json'), JSON.stringify(evmNetwork('chain', anvil.url)))
    server = await createServerUnderTest({ SMT_SHARED_NETWORKS_DIR: networks })
    await server.start()
    acme = await registerTenant(server.baseUrl, 'acme')
    await create(acme, '/triggers', webhookTrigger(`${receiver.url}/acme`, { message }))
  })

  afterAll(async () => {
    await server?.dispose()
    await receiver?.stop()
    await anvil?.stop()
    await rm(networks, { recursive: true, force: true })
  })

  const watch = async (id: string, conditions: Record<string, unknown>): Promise<void> => {
    const monitor = transferMonitor(id, 'chain', token)
    const none = { functions: [], events: [], transactions: [] }
    const configuration = { ...monitor.configuration, match_conditions: { ...none, ...conditions } }
    const { warnings } = await create(acme, '/monitors', { ...monitor, configuration })
    expect(warnings).toEqual([])
    await anvil.rpc('evm_mine', [])
    await expect
      .poll(async () => (await acme.get(`/monitors/${id}`)).body, { timeout: 20_000 })
      .toMatchObject({ status: { effective_from_block: expect.any(Number) } })
  }
  const transfer = async (value: bigint): Promise<string> => {
    const txHash = await token.transfer({ from: accounts[0]!, to: accounts[1]!, value })
    await anvil.rpc('evm_mine', [])
    return txHash
  }
  const alertOf = async (txHash: string): Promise<unknown> => {
    const { body } = await receiver.waitFor((request) => request.body.includes(txHash), { timeoutMs: 20_000 })
    return JSON.parse(body)
  }

  it('alert when a call and its expression match, and not when the expression is false', async () => {
    const expression = `value >= 1000 AND to == ${accounts[1]!}`
    await watch('calls', { functions: [{ signature: 'transfer(address,uint256)', expression }] })
    const small = await transfer(999n)
    const large = await transfer(1_000n)
    expect(await alertOf(large)).toMatchObject({ title: expect.stringContaining('calls'), body: `${large} 1000` })
    expect(receiver.requests.some(({ body }) => body.includes(small))).toBe(false)
  })

  it('explain a match, sub-expression by sub-expression', async () => {
    const txHash = await transfer(5_000n)
    const { status, body } = await acme.post('/monitors/calls/explain', { tx_hash: txHash })
    expect(status).toBe(200)
    expect(body).toMatchObject({ matched: true, network_id: 'chain', notes: [], transaction: { status: 'Success' } })
    expect(body['gates']).toMatchObject({
      address: { passed: true, involved: expect.arrayContaining([expect.objectContaining({ watched: true })]) },
      functions: {
        outcome: 'matched',
        signature: 'transfer(address,uint256)',
        conditions: [
          {
            index: 0,
            result: true,
            trace: {
              kind: 'and',
              operands: [
                { text: 'value >= 1000', value: '5000', result: true },
                { path: 'to', result: true },
              ],
            },
          },
        ],
      },
      events: { configured: false },
      combination: { passed: true, rule: 'functions' },
    })
  })

  it('explain why there was no match, with the value that was in the way', async () => {
    const txHash = await transfer(10n)
    const { body } = await acme.post('/monitors/calls/explain', { tx_hash: txHash.toUpperCase().replace('0X', '0x') })
    expect(body).toMatchObject({ matched: false, summary: 'Not matched: no function condition holds.' })
    expect(body['gates']).toMatchObject({
      functions: {
        outcome: 'not_matched',
        conditions: [{ result: false, trace: { operands: [{ value: '10', result: false }, { result: 'skipped' }] } }],
      },
    })
  })

  it('do not explain to another tenant, nor a transaction that is not mined', async () => {
    const globex = await registerTenant(server.baseUrl, 'globex')
    const txHash = await transfer(1n)
    expect((await globex.post('/monitors/calls/explain', { tx_hash: txHash })).status).toBe(404)
    const unknown = await acme.post('/monitors/calls/explain', { tx_hash: `0x${'0'.repeat(64)}` })
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'not_found'])
    const wrong = await acme.post('/monitors/calls/explain', { tx_hash: txHash, network: 'other' })
    expect([wrong.status, wrong.body['errors']]).toMatchObject([422, [{ pointer: '/network' }]])
  })

  it('name the expression, the place in it and what to write instead when it can never hold', async () => {
    const monitor = transferMonitor('wrong', 'chain', token)
    const events = [{ signature: 'Transfer(address,address,uint256)', expression: 'from == 0x00 AND valeu > 1' }]
    const configuration = { ...monitor.configuration, match_conditions: { functions: [], events, transactions: [] } }
    const { status, body } = await acme.post('/monitors', { ...monitor, configuration })
    expect(status).toBe(422)
    expect(body['errors']).toContainEqual(
      expect.objectContaining({
        pointer: '/configuration/match_conditions/events/0/expression',
        code: 'unknown_variable',
        position: { start: 17, end: 22 },
        hint: expect.stringContaining('value'),
      }),
    )
  })
})
