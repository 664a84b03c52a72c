import { createServer, type AddressInfo } from 'node:net'
import { startReceiver, type Receiver } from '@smt/testkit'
import { networkSchema } from '@smt/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RpcError } from '@smt/chains'
import { createDispatch } from '../../src/delivery/dispatch.ts'
import { createFanOut } from '../../src/delivery/fan-out.ts'
import { createChainClient } from '../../src/ingestion/chain-client.ts'
import { createEgress, type Egress } from '../../src/platform/egress/egress.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createSecrets } from '../../src/platform/secrets.ts'
import type { TestApi } from '../../src/testing/api-harness.ts'
import { monitorBody, networkBody, startFullApi, triggerBody } from '../../src/testing/configuration-api.ts'
import { storeMatches } from '../../src/testing/stored-alerts.ts'

let api: TestApi
let egress: Egress
let receiver: Receiver
let urls: Record<string, string>
const lines: string[] = []

beforeAll(async () => {
  receiver = await startReceiver()
  egress = createEgress({
    allow: ['127.0.0.0/8'],
    deny: ['127.9.0.0/16'],
    connectTimeoutMs: 100,
    logger: createLogger({ level: 'info', destination: { write: (line: string) => lines.push(line) } }),
    resolve: async (name) => {
      if (name === 'inside.example') return ['10.0.0.1']
      if (name === 'hanging.example') return new Promise(() => undefined)
      throw new Error('ENOTFOUND')
    },
  })
  api = await startFullApi({ egress })
  urls = {
    refused: `http://127.0.0.1:${await unusedPort()}/`,
    blocked: 'http://10.0.0.1/',
    metadata: 'http://169.254.169.254/latest/meta-data/',
    denied: 'http://127.9.0.1/',
    blocked_name: 'http://inside.example/',
    unresolved: 'http://unknown.example/',
    hanging: 'http://hanging.example/',
    without_tls: receiver.url.replace('http:', 'https:'),
  }
})
afterAll(async () => {
  await egress.close()
  await receiver.stop()
  await api.close()
})

async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Without what differs between any two deliveries: names and times of day. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"time"')
    .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|msg_[0-9a-f]{32}/g, 'id')
}

describe('that a tenant cannot tell a refused, a blocked, an unresolved, a silent and an unencrypted host apart', () => {
  it('holds for the bytes of its deliveries and their attempts', async () => {
    const dispatch = createDispatch({ ...api, egress, logger: createLogger({ level: 'silent' }), random: () => 0.5 })
    const told: Record<string, string> = {}
    for (const [name, url] of Object.entries(urls)) {
      const slug = name.replace('_', '-')
      const tenant = await api.createTenant(slug)
      const { token } = tenant.owner
      await api.request('POST', `/tenants/${slug}/networks`, { token, body: networkBody('acme_evm') })
      const trigger = triggerBody('ops', { url: { type: 'Plain', value: url } })
      await api.request('POST', `/tenants/${slug}/triggers`, { token, body: trigger })
      await api.request('POST', `/tenants/${slug}/monitors`, { token, body: monitorBody('transfers') })
      await storeMatches(api, { tenant, monitorId: 'transfers' })
      await createFanOut(api).runBatch()
      await dispatch.startDue()
      await dispatch.settled()
      const list = await api.request('GET', `/tenants/${slug}/deliveries`, { token })
      const one = await api.request('GET', `/tenants/${slug}/deliveries/${list.json.items[0].id}`, { token })
      const notices = await api.request('GET', `/tenants/${slug}/notices`, { token })
      told[name] = withoutNames(list.text + one.text + notices.text)
    }
    expect(told['refused']).toMatch(/"state":"pending","error_class":"unreachable"/)
    expect(told['refused']).toMatch(/"error_class":"unreachable","latency_ms":0/)
    expect(told).toEqual(Object.fromEntries(Object.keys(urls).map((name) => [name, told['refused']])))
  })

  it('holds for what the status of a network says of its node', async () => {
    const told: Record<string, unknown> = {}
    for (const [name, url] of Object.entries(urls)) {
      const { configuration } = networkBody('acme_evm', {
        rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value: url }, weight: 100 }],
      })
      const deps = { ...api, egress, secrets: createSecrets(Buffer.alloc(32)) }
      const network = networkSchema.parse(configuration)
      const error: unknown = await createChainClient(deps, { network, kind: 'own', onCall: () => undefined })
        .chain.head()
        .catch((reason: unknown) => reason)
      if (!(error instanceof RpcError)) throw new Error(`not refused: ${String(error)}`)
      told[name] = { code: error.code, message: error.message }
    }
    expect(told['refused']).toMatchObject({ code: 'unreachable' })
    expect(told).toEqual(Object.fromEntries(Object.keys(urls).map((name) => [name, told['refused']])))
  })

  it('does not hold for the operator, whose log names host and reason', () => {
    const logged = lines.map((line): Record<string, unknown> => JSON.parse(line))
    const reasonOf = (host: string) =>
      logged.filter((line) => line['host'] === host).map(({ msg, code }) => `${String(msg)} ${String(code)}`)[0]
    expect([reasonOf('inside.example'), reasonOf('unknown.example'), reasonOf('hanging.example')]).toEqual([
      'an outbound connection was refused undefined',
      'an outbound connection could not be made dns_failure',
      'an outbound connection could not be made timeout',
    ])
    expect(lines.join('\n')).not.toContain('meta-data')
  })
})
