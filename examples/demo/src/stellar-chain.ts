import { startStellarSimulator, stellarOperation, tokenSpec } from '@smt/testkit'
import { blockTimeS, type DemoChain } from './demo-chain.ts'

const networkId = 'demo_stellar'

/**
 * On Stellar, `acme` is told of every payment of at least one lumen and `globex` of every transfer event of a token
 * contract. Nodes give the token's spec, so the monitor has none.
 */
export async function startStellarChain(): Promise<DemoChain> {
  const simulator = await startStellarSimulator({ ledgerTimeMs: blockTimeS * 1_000 })
  const { alice, bob } = simulator.accounts
  const { contractId } = simulator.deploy({ name: 'token', spec: tokenSpec })
  return {
    networkId,
    network: {
      network_type: 'Stellar',
      slug: networkId,
      name: 'Demo Stellar',
      rpc_urls: [{ type_: 'rpc', url: { type: 'plain', value: simulator.url }, weight: 100 }],
      network_passphrase: simulator.passphrase,
      block_time_ms: 500,
      confirmation_blocks: 1,
      cron_schedule: '*/1 * * * * *',
      max_past_blocks: 'unlimited',
    },
    prepare: async () => {},
    monitors: () => ({
      acme: {
        id: 'payments',
        configuration: {
          name: 'Payments',
          addresses: [],
          match_conditions: {
            functions: [],
            events: [],
            transactions: [{ status: 'Success', expression: 'value >= 10000000' }],
          },
        },
      },
      globex: {
        id: 'token_events',
        configuration: {
          name: 'Token events',
          addresses: [{ address: contractId }],
          match_conditions: {
            functions: [],
            events: [{ signature: 'Transfer(Address,Address,I128)', expression: 'amount > 0' }],
            transactions: [],
          },
        },
      },
    }),
    describe: () => [
      ['Stellar', `${simulator.url}, one ledger per ${blockTimeS} s, alerts after 1 confirmation block`],
      ['', `acme: every payment; globex: every transfer of token ${contractId.slice(0, 8)}…`],
    ],
    send: async (n) => {
      const isPayment = n % 2 === 1
      const amount = 10_000_000n * BigInt(n)
      const operation = isPayment
        ? stellarOperation.payment({ to: bob, asset: 'native', amount })
        : stellarOperation.tokenTransfer({ contractId, from: alice, to: bob, amount })
      const txHash = simulator.submit({ source: alice, operations: [operation] })
      const { closedAtMs } = await simulator.waitFor(txHash)
      return { txHash, tenant: isPayment ? 'acme' : 'globex', minedAtMs: closedAtMs }
    },
    stop: () => simulator.close(),
  }
}
