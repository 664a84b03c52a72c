import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAnvil, type Anvil } from './anvil.ts'
import { createJsonRpc } from './json-rpc.ts'
import { startReceiver } from './receiver.ts'
import { startRpcProxy } from './rpc-proxy.ts'
import { deployToken } from './token.ts'

describe('the test kit', () => {
  let anvil: Anvil
  beforeAll(async () => {
    anvil = await startAnvil({ chainId: 4242 })
  })
  afterAll(() => anvil.stop())

  it('deploys a token whose transfers succeed and fail on a real chain', async () => {
    const token = await deployToken(anvil.rpc)
    const [rich = '', poor = ''] = (await anvil.rpc('eth_accounts', [])) as string[]
    const paid = await token.waitForReceipt(await token.transfer({ from: rich, to: poor, value: 5n }))
    const failed = await token.waitForReceipt(await token.transfer({ from: poor, to: rich, value: 6n, gas: 100_000n }))
    expect([paid['status'], failed['status']]).toEqual(['0x1', '0x0'])
    expect(paid['logs']).toHaveLength(1)
  })

  it('keeps a chain out of the reach of Ctrl-C when it is told to', async () => {
    const isGroupLeader = ({ process: { pid = 0 } }: Anvil) => {
      try {
        return process.kill(-pid, 0)
      } catch {
        return false
      }
    }
    const own = await startAnvil({ inOwnGroup: true })
    expect([isGroupLeader(own), isGroupLeader(anvil)]).toEqual([true, false])
    await own.stop()
    expect(isGroupLeader(own)).toBe(false)
  })

  it('counts calls and answers what it is told to', async () => {
    const proxy = await startRpcProxy({ target: anvil.url })
    const rpc = createJsonRpc(proxy.url)
    expect(await rpc('eth_chainId', [])).toBe('0x1092')
    proxy.intercept(({ method }) => (method === 'eth_chainId' ? { result: '0x1' } : undefined))
    expect(await rpc('eth_chainId', [])).toBe('0x1')
    proxy.intercept(() => ({ error: { code: -32_000, message: 'no' } }))
    await expect(rpc('eth_chainId', [])).rejects.toThrow('no')
    expect(proxy.counts.get('eth_chainId')).toBe(3)
    await proxy.stop()
  })

  it('records what a receiver gets and answers as told', async () => {
    const receiver = await startReceiver()
    receiver.setBehaviour(() => ({ status: 503, headers: { 'retry-after': '7' } }))
    const waiting = receiver.waitFor((request) => request.path === '/x')
    const response = await fetch(`${receiver.url}/x`, { method: 'PUT', body: 'hello' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7'])
    expect(await waiting).toMatchObject({ method: 'PUT', body: 'hello' })
    await expect(receiver.waitFor(() => false, { timeoutMs: 10 })).rejects.toThrow('no such request')
    await receiver.stop()
  })
})
