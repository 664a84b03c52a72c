import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type MatchObject, monitorSchema, networkSchema, parseJson, stellarExtensionsSchema } from '@smt/engine'
import { scVal, startStellarSimulator, stellarOperation, type StellarSimulator } from '@smt/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createHttp, type Http } from '../src/http.ts'
import { evaluateNetwork } from '../src/run/evaluate-network.ts'
import { smt } from './in-process.ts'

const examples = fileURLToPath(new URL('../../../examples/stellar/', import.meta.url))
const read = (path: string) => parseJson(readFileSync(`${examples}${path}.json`, 'utf8'))
const monitors = readdirSync(`${examples}monitors`).map((file) => file.replace('.json', ''))
const withExtensions = readdirSync(`${examples}extensions`).map((file) => file.replace('.json', ''))
const usdc = 'USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'

describe('the Stellar examples', () => {
  let simulator: StellarSimulator
  let http: Http
  // With this seed the issuer's account is the treasury of the example.
  beforeAll(async () => {
    simulator = await startStellarSimulator({ seed: 'examples' })
    http = createHttp()
  })
  afterAll(async () => {
    await http.close()
    await simulator.close()
  })

  it('are a directory without problems and without warnings', async () => {
    const { code, stdout } = await smt(['check', examples])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `1 network, ${monitors.length} monitors, 1 trigger: OK, 0 warnings, 0 not executable here yet.\n`,
    })
  })

  it('are all tried here', () => {
    expect(Object.keys(transactions).toSorted()).toEqual(monitors.toSorted())
    expect(monitors).toEqual(expect.arrayContaining(withExtensions))
  })

  const transactions: Record<string, (this: void) => { alerting: string[]; quiet: string[] }> = {
    usdc_payments: () => {
      const { alice, bob, carol } = simulator.accounts
      const { payment, pathPaymentStrictSend, pathPaymentStrictReceive } = stellarOperation
      const enough = 10_000_000_000n
      const path = { to: bob, sendAsset: 'native', destAsset: usdc, sendAmount: 1n, seller: carol }
      const send = (operation: ReturnType<typeof payment>, rest: object = {}) =>
        simulator.submit({ source: alice, operations: [operation], ...rest })
      return {
        alerting: [
          send(payment({ to: bob, asset: usdc, amount: enough })),
          send(payment({ to: bob, asset: usdc, amount: enough }), { feeBump: { source: carol } }),
          send(pathPaymentStrictSend({ ...path, destAmount: enough, destMin: 1n })),
          send(pathPaymentStrictReceive({ ...path, destAmount: enough })),
        ],
        quiet: [
          send(payment({ to: bob, asset: usdc, amount: enough - 1n })),
          send(payment({ to: bob, asset: 'native', amount: enough })),
          send(payment({ to: bob, asset: `USDC:${alice}`, amount: enough })),
          send(payment({ to: bob, asset: usdc, amount: enough }), { fails: true }),
          send(pathPaymentStrictSend({ ...path, destAmount: enough - 1n })),
        ],
      }
    },
    dex_swap: () => {
      const { alice, bob, carol } = simulator.accounts
      const amounts = { sendAmount: 5n, destAmount: 1n }
      const swap = (sendAsset: string, destAsset: string) =>
        simulator.submit({
          source: alice,
          operations: [
            stellarOperation.pathPaymentStrictSend({ ...amounts, to: bob, sendAsset, destAsset, seller: carol }),
          ],
        })
      return { alerting: [swap('native', usdc)], quiet: [swap(usdc, 'native'), swap(`EURC:${bob}`, usdc)] }
    },
    pool_trade: () => {
      const { alice } = simulator.accounts
      const pool = addressOf('pool_trade')
      const trade = (contractId: string, amount: bigint) =>
        simulator.submit({
          source: alice,
          operations: [
            stellarOperation.callContract({
              contractId,
              functionName: 'swap',
              args: [scVal.address(alice), scVal.i128(amount)],
              events: [
                {
                  contractId,
                  topics: [scVal.symbol('trade'), asset(usdc), asset('native'), scVal.address(alice)],
                  data: scVal.vec([amount, amount - 3n, 3n].map(scVal.i128)),
                },
              ],
            }),
          ],
        })
      const asset = (name: string) => scVal.address(simulator.assetContract(name))
      return {
        alerting: [trade(pool, 10_000_000_000n)],
        quiet: [trade(pool, 9_999_999_999n), trade(simulator.assetContract('native'), 10_000_000_000n)],
      }
    },
    contract_upgrade: () => {
      const { admin } = simulator.accounts
      const contractId = addressOf('contract_upgrade')
      const upgrade = (fails: boolean) =>
        simulator.submit({
          source: admin,
          operations: [
            stellarOperation.upgradeContract({ contractId, oldHash: 'aa'.repeat(32), newHash: 'bb'.repeat(32) }),
          ],
          fails,
        })
      return { alerting: [upgrade(false)], quiet: [upgrade(true)] }
    },
    account_merge: () => {
      const { alice, bob, dave, issuer: treasury } = simulator.accounts
      const merge = (from: string, to: string) =>
        simulator.submit({ source: alice, operations: [stellarOperation.mergeAccount({ from, to })] })
      return { alerting: [merge(treasury, bob), merge(dave, treasury)], quiet: [merge(dave, bob)] }
    },
    issuer_clawback: () => {
      const { alice, bob } = simulator.accounts
      const clawback = (asset: string) =>
        simulator.submit({
          source: alice,
          operations: [stellarOperation.clawback({ holder: bob, asset, amount: 5n, from: asset.slice(5) })],
        })
      return { alerting: [clawback(usdc)], quiet: [clawback(`USDC:${bob}`)] }
    },
  }

  it.each(monitors)('%s alerts of what it says and of nothing else', async (name) => {
    const tried = transactions[name]?.()
    if (tried === undefined) throw new Error(`${name} is not tried`)
    const { sequence, transactions: closed } = simulator.closeLedger()
    expect(closed).toHaveLength(tried.alerting.length + tried.quiet.length)
    const local = { type_: 'rpc', url: { type: 'plain', value: simulator.url }, weight: 100 }
    const network = networkSchema.parse({ ...networkSchema.parse(read('networks/stellar_testnet')), rpc_urls: [local] })
    const extensions = withExtensions.includes(name) ? extensionsOf(read(`extensions/${name}`)) : undefined
    const monitor = { file: name, config: monitorSchema.parse(read(`monitors/${name}`)), extensions }
    const { matches, failures } = await evaluateNetwork(
      { http, now: () => 0, signal: new AbortController().signal },
      { network, monitors: [monitor], block: BigInt(sequence) },
    )
    expect(failures).toEqual([])
    expect(matches.map(hashOf).toSorted()).toEqual(tried.alerting.toSorted())
  })
})

const addressesSchema = z.object({ addresses: z.array(z.object({ address: z.string() })).length(1) })

function addressOf(name: string): string {
  const [watched] = addressesSchema.parse(read(`monitors/${name}`)).addresses
  return watched?.address ?? ''
}

function extensionsOf(value: unknown) {
  return z.strictObject({ stellar: stellarExtensionsSchema }).parse(value).stellar
}

function hashOf(match: MatchObject): string {
  const hash = 'Stellar' in match ? match.Stellar.transaction['txHash'] : undefined
  return typeof hash === 'string' ? hash : ''
}
