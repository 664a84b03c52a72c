import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployToken, startAnvil, startReceiver, startRpcProxy } from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServerUnderTest, type ServerUnderTest } from '../e2e/server-process.ts'
import {
  call,
  create,
  evmNetwork,
  registerTenant,
  tenantClient,
  type TenantClient,
  transferMonitor,
  webhookTrigger,
} from '../e2e/tenant-client.ts'

/** Requests that fetch a block; `eth_blockNumber` and `eth_chainId` are counted per poll, not per block. */
const blockMethods = ['eth_getBlockByNumber', 'eth_getLogs', 'eth_getBlockReceipts', 'eth_getTransactionReceipt']
const tenantCount = 200

describe('one shared network', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>
  let proxy: Awaited<ReturnType<typeof startRpcProxy>>
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  let server: ServerUnderTest
  let networks: string

  beforeAll(async () => {
    anvil = await startAnvil({})
    proxy = await startRpcProxy({ target: anvil.url })
    receiver = await startReceiver()
    networks = await mkdtemp(join(tmpdir(), 'smt-requests-'))
    await writeFile(join(networks, 'chain.json'), JSON.stringify(evmNetwork('chain', proxy.url)))
    server = await createServerUnderTest({ SMT_SHARED_NETWORKS_DIR: networks, SMT_LOG_LEVEL: 'warn' })
    await server.start()
  })
  afterAll(async () => {
    await server?.dispose()
    await Promise.all([proxy?.stop(), receiver?.stop()])
    await anvil?.stop()
    await rm(networks, { recursive: true, force: true })
  })

  it(
    `costs the same number of RPC requests per block for 1 tenant as for ${tenantCount}`,
    { timeout: 300_000 },
    async () => {
      const token = await deployToken(anvil.rpc)
      const accounts = (await anvil.rpc('eth_accounts', [])) as string[]
      const first = await registerTenant(server.baseUrl, 'tenant-0')
      const blocks = 5

      // All tenants are one user's: what a password costs is not what is measured here.
      const foundTenant = async (n: number): Promise<TenantClient> => {
        if (n === 0) return first
        const answer = await call(server.baseUrl, 'POST', '/api/v1/tenants', {
          body: { slug: `tenant-${n}`, name: `Tenant ${n}` },
          headers: { authorization: `Bearer ${first.accessToken}` },
        })
        expect(answer.status, answer.text).toBe(201)
        return tenantClient(server.baseUrl, `tenant-${n}`, first.accessToken)
      }
      const addTenants = async (from: number, to: number) => {
        for (let n = from; n < to; n += 1) {
          const tenant = await foundTenant(n)
          await create(tenant, '/triggers', webhookTrigger(`${receiver.url}/tenant-${n}`))
          const monitor = transferMonitor('watch', 'chain', token)
          await create(tenant, '/monitors', {
            ...monitor,
            configuration: {
              ...monitor.configuration,
              // Status conditions need receipts: the dearest case.
              match_conditions: { ...monitor.configuration.match_conditions, transactions: [{ status: 'Success' }] },
            },
          })
          if (n === to - 1) {
            await mine()
            await until(async () => {
              const { body } = await tenant.get('/monitors/watch')
              return (body['status'] as { effective_from_block: number | null }).effective_from_block !== null
            })
          }
        }
      }
      const mine = () => anvil.rpc('evm_mine', [])

      /** Requests per block over some blocks with one matching transfer each. */
      const measure = async (tenants: number) => {
        await mine()
        await until(isCaughtUp)
        proxy.reset()
        const before = receiver.requests.length
        for (let n = 0; n < blocks; n += 1) await token.transfer({ from: accounts[0]!, to: accounts[1]!, value: 1n })
        await mine()
        await until(async () => receiver.requests.length - before >= blocks * tenants)
        await until(isCaughtUp)
        return Object.fromEntries(blockMethods.map((method) => [method, proxy.counts.get(method) ?? 0]))
      }
      /** The server has seen the last block that there is and evaluated all that it confirms. */
      const isCaughtUp = async () => {
        const { body } = await first.get('/networks/chain/status')
        return body['head'] === Number(await anvil.rpc('eth_blockNumber', [])) && body['lag_blocks'] === 0
      }

      await addTenants(0, 1)
      const forOne = await measure(1)
      await addTenants(1, tenantCount)
      const forMany = await measure(tenantCount)
      expect(forOne['eth_getLogs']).toBeGreaterThanOrEqual(blocks)
      expect(forMany).toEqual(forOne)
      const wrong = receiver.requests.filter((request) => !request.path.startsWith('/tenant-'))
      expect(wrong).toEqual([])
    },
  )
})

async function until(condition: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('not in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
