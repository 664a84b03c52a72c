import { deployToken, startAnvil } from '@smt/testkit'
import { blockTimeS, type DemoChain } from './demo-chain.ts'

const networkId = 'demo_chain'

/** On the EVM, `acme` is told of every transfer of a token and `globex` of every transaction of it that fails. */
export async function startEvmChain(): Promise<DemoChain> {
  const anvil = await startAnvil({ blockTimeS, inOwnGroup: true })
  let deployed: { token: Awaited<ReturnType<typeof deployToken>>; sender: string; recipient: string } | undefined
  const ready = () => {
    if (deployed === undefined) throw new Error('the token is not deployed yet')
    return deployed
  }
  return {
    networkId,
    network: {
      network_type: 'EVM',
      slug: networkId,
      name: 'Demo chain',
      rpc_urls: [{ type_: 'rpc', url: { type: 'plain', value: anvil.url }, weight: 100 }],
      chain_id: anvil.chainId,
      block_time_ms: 500,
      confirmation_blocks: 1,
      cron_schedule: '*/1 * * * * *',
      max_past_blocks: 'unlimited',
    },
    prepare: async () => {
      const token = await deployToken(anvil.rpc)
      const accounts = await anvil.rpc('eth_accounts', [])
      const [sender, recipient] = Array.isArray(accounts) ? accounts.map(String) : []
      if (sender === undefined || recipient === undefined) throw new Error('the chain has no accounts')
      deployed = { token, sender, recipient }
    },
    monitors: () => {
      const { token } = ready()
      const addresses = [{ address: token.address, contract_spec: token.abi }]
      const events = [{ signature: 'Transfer(address,address,uint256)' }]
      return {
        acme: {
          id: 'token_transfers',
          configuration: {
            name: 'Token transfers',
            addresses,
            match_conditions: { functions: [], events, transactions: [] },
          },
        },
        globex: {
          id: 'failed_token_calls',
          configuration: {
            name: 'Failed token calls',
            addresses,
            match_conditions: { functions: [], events: [], transactions: [{ status: 'Failure' }] },
          },
        },
      }
    },
    describe: () => [
      ['EVM', `${anvil.url}, one block per ${blockTimeS} s, alerts after 1 confirmation block`],
      ['', `acme: every transfer of token ${ready().token.address}; globex: every call of it that fails`],
    ],
    // Every third transaction asks for more than there is and fails on chain, with gas given so that it is mined at all.
    send: async (n) => {
      const { token, sender, recipient } = ready()
      const fails = n % 3 === 0
      const txHash = fails
        ? await token.transfer({ from: recipient, to: sender, value: 10n ** 30n, gas: 100_000n })
        : await token.transfer({ from: sender, to: recipient, value: BigInt(n) })
      const minedAtMs = await waitUntilMined(anvil, txHash)
      return { txHash, tenant: fails ? 'globex' : 'acme', minedAtMs }
    },
    stop: () => anvil.stop(),
  }
}

async function waitUntilMined({ rpc }: Awaited<ReturnType<typeof startAnvil>>, txHash: string): Promise<number> {
  const deadline = Date.now() + 30_000
  while ((await rpc('eth_getTransactionReceipt', [txHash])) === null) {
    if (Date.now() > deadline) throw new Error(`transaction ${txHash} was not mined`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return Date.now()
}
