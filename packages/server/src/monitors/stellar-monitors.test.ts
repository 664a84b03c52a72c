import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestTenant } from '../testing/api-harness.ts'
import {
  createWatchingTenant,
  monitorBody,
  networkBody,
  problemsIn,
  setLimit,
  startConfigurationApi,
} from '../testing/configuration-api.ts'
import { stellarMonitor } from '../testing/stellar-source.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startConfigurationApi()
  tenant = await createWatchingTenant(api, 'acme')
  await setLimit(api, tenant, { quota: 'max_monitors', limit: 100 })
  await setLimit(api, tenant, { quota: 'max_rpc_requests_per_minute', limit: 100_000 })
  const network = networkBody('acme_stellar', {
    network_type: 'Stellar',
    network_passphrase: 'Test SDF Network ; September 2015',
    block_time_ms: 5_000,
  })
  await call('POST', '/networks', network)
})
afterAll(() => api.close())

function call(method: string, path: string, body?: object): Promise<TestReply> {
  return api.request(method, `/tenants/acme${path}`, {
    token: tenant.owner.token,
    ...(body === undefined ? {} : { body }),
  })
}

const stellar = (id: string, change: Parameters<typeof stellarMonitor>[2] = {}) =>
  stellarMonitor(id, 'acme_stellar', change)
const withOperations = (...operations: object[]) => ({ extensions: { stellar: { operations } } })
const warningsIn = (reply: TestReply): string[] =>
  reply.json.warnings.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)
const contract = 'CAIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRDB3V'

describe('a monitor of a Stellar network', () => {
  it('keeps its extensions, also in the version that matches refer to', async () => {
    const { extensions } = withOperations({ type: 'payment', expression: 'amount > 10' })
    const saved = await call('POST', '/monitors', stellar('payments', { extensions }))
    expect([saved.status, saved.json.warnings, saved.json.extensions]).toEqual([201, [], extensions])
    const { json } = await call('GET', '/monitors/payments/versions')
    expect(json.items[0].extensions).toEqual(extensions)
    const patched = await call('PATCH', '/monitors/payments', { extensions: { stellar: { nested_calls: true } } })
    expect(patched.json.extensions).toEqual({ stellar: { ...extensions.stellar, nested_calls: true } })
  })

  it('is told at once of everything that is wrong in its extensions, with pointers', async () => {
    const change = {
      extensions: {
        stellar: {
          operations: [{ type: 'teleport' }, { type: 'payment', expression: 'amount ==' }, { expression: 'a == 1' }],
          nested_calls: 'yes',
          zz: 1,
        },
      },
    }
    const body = stellar('wrong', { ...change, transactions: [{ status: 'Any', expression: 'value >' }] })
    const created = await call('POST', '/monitors', body)
    const validated = await call('POST', '/monitors/validate', body)
    expect([created.status, validated.json.valid]).toEqual([422, false])
    expect(validated.json.errors).toEqual(created.json.errors)
    const pointers = problemsIn(created.json).map((problem) => problem.split(' ')[0])
    expect(pointers).toEqual(
      expect.arrayContaining([
        '/configuration/match_conditions/transactions/0/expression',
        '/extensions/stellar/nested_calls',
        '/extensions/stellar/operations/0/type',
        '/extensions/stellar/operations/1/expression',
        '/extensions/stellar/operations/2/type',
        '/extensions/stellar/zz',
      ]),
    )
  })

  it('is refused with an address, an asset, a spec or a type that can never match', async () => {
    const mistyped = `${contract.slice(0, -1)}${contract.endsWith('A') ? 'B' : 'A'}`
    const body = stellar('never', {
      addresses: [mistyped, 'USDC:GBADISSUER', contract],
      events: [{ signature: 'transfer(Address,uint256)' }],
    })
    const abi = [{ type: 'event', name: 'E', anonymous: false, inputs: [] }]
    const [first, second, third] = body.configuration.addresses
    const addresses = [first, second, { ...third, contract_spec: abi }]
    const refused = await call('POST', '/monitors', { ...body, configuration: { ...body.configuration, addresses } })
    expect(refused.status).toBe(422)
    expect(problemsIn(refused.json)).toEqual([
      '/configuration/addresses/0/address unmatchable_address',
      '/configuration/addresses/1/address unmatchable_address',
      '/configuration/addresses/2/contract_spec foreign_contract_spec',
      '/configuration/match_conditions/events/0/signature unknown_type',
    ])
  })

  it('may have an address that nothing happens at on Stellar when it watches another chain as well', async () => {
    const address = '0x00000000000000000000000000000000000000aa'
    const body = stellar('mixed', { addresses: [address, contract], events: [{ signature: 'transfer(Address,I128)' }] })
    const mixed = await call('POST', '/monitors', {
      ...body,
      configuration: { ...body.configuration, networks: ['acme_stellar', 'acme_evm'] },
    })
    expect(mixed.status).toBe(201)
    expect(warningsIn(mixed).filter((warning) => warning.endsWith('unmatchable_address'))).toEqual([])
  })

  it('of another chain alone is warned that Stellar extensions have no effect there', async () => {
    const body = { ...monitorBody('evm'), ...withOperations({ type: 'payment' }) }
    const saved = await call('POST', '/monitors', body)
    expect([saved.status, warningsIn(saved)]).toEqual([201, ['/extensions/stellar unused_extension']])
  })

  it('adds three requests for each ledger to the RPC use, once for all monitors of the network', async () => {
    const network = networkBody('quiet', { network_type: 'Stellar', block_time_ms: 6_000 })
    await call('POST', '/networks', network)
    const monitor = (id: string) => stellarMonitor(id, 'quiet')
    const first = await call('POST', '/monitors/validate', monitor('first'))
    expect(first.json.estimate.rpc_requests_per_minute).toBe(31)
    await call('POST', '/monitors', monitor('first'))
    const second = await call('POST', '/monitors/validate', monitor('second'))
    expect(second.json.estimate.rpc_requests_per_minute).toBe(0)
  })
})
