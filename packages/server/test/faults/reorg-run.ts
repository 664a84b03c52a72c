import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployToken, startAnvil, startReceiver, startRpcProxy } from '@smt/testkit'
import { createServerUnderTest, type ServerUnderTest } from '../e2e/server-process.ts'
import {
  create,
  evmNetwork,
  registerTenant,
  transferMonitor,
  webhookTrigger,
  type TenantClient,
} from '../e2e/tenant-client.ts'

type Anvil = Awaited<ReturnType<typeof startAnvil>>

/** One tenant that watches a token on a chain whose branches the test chooses; the receiver is the judge. */
export type ReorgRun = {
  anvil: Anvil
  proxy: Awaited<ReturnType<typeof startRpcProxy>>
  receiver: Awaited<ReturnType<typeof startReceiver>>
  server: ServerUnderTest
  tenant: TenantClient
  /** Mines so many blocks, one transfer in each, on this node or the first. */
  mine(blocks: number, on?: Anvil): Promise<void>
  /** Until the server has evaluated the chain of this node as far as it is confirmed, and sent what follows from that. */
  settled(on?: Anvil): Promise<void>
  status(): Promise<{ state: string; code: string | null; cursor: number; lag: number }>
  /** What the receiver believes now, against the chain of this node. */
  verdict(on?: Anvil): Promise<Verdict>
  dispose(): Promise<void>
}

export type Verdict = {
  /** Transfers of the confirmed chain that the receiver does not know of. */
  missing: string[]
  /** What it believes although it is not part of the confirmed chain. */
  wrong: string[]
  /** Transfers that it believes to have happened twice. */
  twice: string[]
  /** Retractions of what it was never told. */
  strayRetractions: string[]
  alerts: number
  retracted: number
}

type Message = { EVM: { transaction: { hash: string; blockHash: string } }; retracted?: boolean }

const confirmations = 1
const transferTopic = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

export async function startReorgRun(): Promise<ReorgRun> {
  const anvil = await startAnvil({})
  const token = await deployToken(anvil.rpc)
  // Watching begins with the confirmed block: the deployment, which mints, is to lie before it.
  for (let n = 0; n < 3; n += 1) await anvil.rpc('evm_mine', [])
  const firstBlock = await heightOf(anvil)
  const proxy = await startRpcProxy({ target: anvil.url })
  const receiver = await startReceiver()
  // A shared network: following so many forks takes more requests than a tenant may make to its own.
  const networks = await mkdtemp(join(tmpdir(), 'smt-reorg-'))
  await writeFile(join(networks, 'chain.json'), JSON.stringify(evmNetwork('chain', proxy.url)))
  const server = await createServerUnderTest({ SMT_SHARED_NETWORKS_DIR: networks })
  await server.start()
  const tenant = await registerTenant(server.baseUrl, 'acme')
  // The match object says in which block a transaction was.
  await create(tenant, '/triggers', webhookTrigger(`${receiver.url}/acme`, { payload_mode: 'raw' }))
  await create(tenant, '/monitors', transferMonitor('transfers', 'chain', token))
  await until(async () => {
    const { body } = await tenant.get('/monitors/transfers')
    return (body['status'] as { effective_from_block: number | null }).effective_from_block !== null
  })
  const [from, to] = (await anvil.rpc('eth_accounts', [])) as string[] as [string, string]
  let value = 0

  const mine = async (blocks: number, on = anvil): Promise<void> => {
    for (let n = 0; n < blocks; n += 1) {
      value += 1
      const data = `0xa9059cbb${word(BigInt(to))}${word(BigInt(value))}`
      const hash = await on.rpc('eth_sendTransaction', [{ from, to: token.address, data, gas: '0x30d40' }])
      // It is answered before it is mined, and two that wait would share a block.
      await until(async () => (await on.rpc('eth_getTransactionReceipt', [hash])) !== null, { everyMs: 5 })
    }
  }

  /** `transaction block` of every transfer of the confirmed chain since watching began. */
  const transfersOf = async (on: Anvil): Promise<string[]> => {
    const logs = (await on.rpc('eth_getLogs', [
      { fromBlock: hex(firstBlock), toBlock: hex((await heightOf(on)) - confirmations), topics: [transferTopic] },
    ])) as { transactionHash: string; blockHash: string }[]
    return logs.map(({ transactionHash, blockHash }) => `${transactionHash} ${blockHash}`)
  }

  const verdict = async (on = anvil): Promise<Verdict> => {
    const expected = await transfersOf(on)
    const told = new Map<string, string>()
    const retractions = new Set<string>()
    for (const { headers, body } of receiver.requests) {
      const id = String(headers['webhook-id'])
      const message = JSON.parse(body) as Message
      const { hash, blockHash } = message.EVM.transaction
      if (message.retracted === true) retractions.add(id.replace(/\.retracted$/, ''))
      else told.set(id, `${hash} ${blockHash}`)
    }
    const believed = [...told].filter(([id]) => !retractions.has(id)).map(([, text]) => text)
    return {
      missing: expected.filter((text) => !believed.includes(text)),
      wrong: believed.filter((text) => !expected.includes(text)),
      twice: believed.filter((text, index) => believed.indexOf(text) !== index),
      strayRetractions: [...retractions].filter((id) => !told.has(id)),
      alerts: told.size,
      retracted: retractions.size,
    }
  }

  const status = async () => {
    const { body } = await tenant.get('/networks/chain/status')
    const {
      state,
      code,
      cursor,
      lag_blocks: lag,
    } = body as {
      state: string
      code: string | null
      cursor: { number: number } | null
      lag_blocks: number | null
    }
    return { state, code, cursor: cursor?.number ?? -1, lag: lag ?? -1 }
  }

  return {
    anvil,
    proxy,
    receiver,
    server,
    tenant,
    mine,
    status,
    verdict,
    settled: async (on = anvil) => {
      const confirmed = (await heightOf(on)) - confirmations
      await until(async () => (await status()).cursor === confirmed)
      await until(
        async () => {
          const { missing, wrong } = await verdict(on)
          return missing.length === 0 && wrong.length === 0
        },
        { timeoutMs: 20_000 },
      ).catch(() => undefined)
    },
    dispose: async () => {
      await server.dispose()
      await rm(networks, { recursive: true, force: true })
      await Promise.all([proxy.stop(), receiver.stop()])
      await anvil.stop()
    },
  }
}

export async function heightOf(anvil: Anvil): Promise<number> {
  return Number(await anvil.rpc('eth_blockNumber', []))
}

export async function until(
  condition: () => Promise<boolean>,
  { timeoutMs = 60_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not become true in time')
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

const hex = (value: number) => `0x${value.toString(16)}`
const word = (value: bigint) => value.toString(16).padStart(64, '0')
