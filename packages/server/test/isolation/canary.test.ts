import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createOpenApi } from '../../src/api/openapi.ts'
import { createDispatch } from '../../src/delivery/dispatch.ts'
import { createFanOut } from '../../src/delivery/fan-out.ts'
import { createEgress } from '../../src/platform/egress/egress.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { monitorBody, networkBody, startFullApi, triggerBody } from '../../src/testing/configuration-api.ts'
import { storeMatches } from '../../src/testing/stored-alerts.ts'
import { listUrlFields } from './url-fields.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** Listens on loopback, where no tenant may lead us, and counts who comes. */
async function startCanary() {
  let hits = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    hits += 1
    sockets.add(socket)
    socket.on('error', () => undefined).end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, hits: () => hits }
}

/** The product with everything that connects to where tenants say. */
async function startScene(allow: string[]) {
  const egress = createEgress({ allow })
  const api = await startFullApi({ egress })
  closing.push(
    () => api.close(),
    () => egress.close(),
  )
  const tenant = await api.createTenant('acme')
  const { token } = tenant.owner
  const send = (method: string, path: string, body?: object) =>
    api.request(method, `/tenants/acme${path}`, { token, ...(body === undefined ? {} : { body }) })
  const dispatch = createDispatch({
    ...api,
    egress,
    logger: createLogger({ level: 'silent' }),
    random: () => 0.5,
  })
  return { api, tenant, send, dispatch, fanOut: createFanOut(api) }
}

type Scene = Awaited<ReturnType<typeof startScene>>
/** Fills the field with the canary and makes the product use it; false: it is refused when it is saved. */
type Use = (scene: Scene, canary: { host: string; port: number }) => Promise<boolean>

const plain = (value: string) => ({ type: 'Plain', value })
const message = { title: 't', body: 'b' }
let objects = 0
const newId = (): string => {
  objects += 1
  return `canary_${objects}`
}

async function isSaved({ send }: Scene, path: string, body: object): Promise<boolean> {
  const { status, json, text } = await send('POST', path, body)
  const isAboutTheField = ({ pointer, code }: { pointer: string; code: string }) =>
    code.startsWith('unsupported') || /url|host/.test(pointer)
  const isRefused = status === 422 && json.errors.every(isAboutTheField)
  if (status !== 201 && !isRefused) throw new Error(text)
  return status === 201
}

/** Saves a trigger, tests it and sends an alert through it. */
async function useTrigger(scene: Scene, triggerType: string, config: object): Promise<boolean> {
  const { api, send, dispatch, fanOut } = scene
  const id = newId()
  const body = { trigger_id: id, configuration: { name: id, trigger_type: triggerType, config } }
  if (!(await isSaved(scene, '/triggers', body))) return false
  for (const chain of ['EVM', 'Stellar']) {
    const { status, text } = await send('POST', `/triggers/${id}/test`, { sample: { chain } })
    if (status !== 200) throw new Error(text)
    api.clock.advance(4_000)
  }
  await watchThrough(scene, id)
  await fanOut.runBatch()
  while ((await dispatch.startDue()) > 0) await dispatch.settled()
  return true
}

async function watchThrough({ api, tenant, send }: Scene, triggerId: string): Promise<void> {
  await send('POST', '/networks', networkBody('acme_evm'))
  const monitor = await send('POST', '/monitors', monitorBody('watcher', { triggers: [triggerId] }))
  if (monitor.status !== 201) await send('PATCH', '/monitors/watcher', { configuration: { triggers: [triggerId] } })
  await storeMatches(api, { tenant, monitorId: 'watcher', block: 100 + objects })
}

/** Saves a network and asks its node something. */
async function useNetwork(scene: Scene, change: object, beside: object = {}): Promise<boolean> {
  const { send } = scene
  const id = newId()
  if (!(await isSaved(scene, '/networks', { ...networkBody(id, { ...change }), ...beside }))) return false
  await send('POST', '/triggers', triggerBody('ops'))
  await send('POST', '/monitors', monitorBody(id, { networks: [id] }))
  const asked = await send('POST', `/monitors/${id}/explain`, { tx_hash: `0x${'ab'.repeat(32)}` })
  if (asked.status !== 502) throw new Error(`a node answered: ${asked.text}`)
  for (const path of ['/monitors', '/networks']) await send('DELETE', `${path}/${id}`)
  return true
}

const urlOf = ({ host, port }: { host: string; port: number }) => `http://${host}:${port}/x`

const uses: Record<string, Use> = {
  '/configuration/rpc_urls': (scene, canary) =>
    useNetwork(scene, { rpc_urls: [{ type_: 'rpc', url: plain(urlOf(canary)), weight: 100 }] }),
  '/explorer_url': (scene, canary) =>
    useNetwork(
      scene,
      { rpc_urls: [{ type_: 'rpc', url: plain('https://10.0.0.1/'), weight: 100 }] },
      { explorer_url: urlOf(canary) },
    ),
  '/configuration/config/url': (scene, canary) => useTrigger(scene, 'webhook', { url: plain(urlOf(canary)), message }),
  '/configuration/config/slack_url': (scene, canary) =>
    useTrigger(scene, 'slack', { slack_url: plain(urlOf(canary)), message }),
  '/configuration/config/discord_url': (scene, canary) =>
    useTrigger(scene, 'discord', { discord_url: plain(urlOf(canary)), message }),
  '/configuration/config/host': (scene, { host, port }) =>
    useTrigger(scene, 'email', {
      host: host.replaceAll(/[[\]]/g, ''),
      port,
      username: plain('u'),
      password: plain('p'),
      message,
      sender: 'a@acme.example',
      recipients: ['b@acme.example'],
    }),
}

/** What is stored, shown, and never called. */
const onlyShown = ['/explorer_url']

describe('a server on loopback', () => {
  it('is looked for through every field of the OpenAPI document that may say where to connect', async () => {
    const { api } = await startScene([])
    const fields = listUrlFields({ ...createOpenApi(api.routes, { version: '0' }) })
    expect([...new Set(fields.map(({ pointer }) => pointer))].toSorted()).toEqual(Object.keys(uses).toSorted())
    expect([...new Set(fields.map(({ operationId }) => operationId))].toSorted()).toEqual([
      'createNetwork',
      'createTrigger',
      'replaceNetwork',
      'replaceTrigger',
    ])
  })

  it('gets 0 connections through any of them, however it is spelt', async () => {
    const canary = await startCanary()
    const scene = await startScene([])
    const hosts = ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '127.1', '0.0.0.0', 'LOCALHOST.']
    let used = 0
    for (const host of hosts)
      for (const use of Object.values(uses)) if (await use(scene, { host, port: canary.port })) used += 1
    expect(used).toBeGreaterThanOrEqual(hosts.length)
    expect(canary.hits()).toBe(0)
  })

  it('is found through each of them once the operator allows loopback, so that the test above means something', async () => {
    const scene = await startScene(['127.0.0.0/8'])
    const found: Record<string, boolean> = {}
    const expected: Record<string, boolean> = {}
    for (const [pointer, use] of Object.entries(uses)) {
      const canary = await startCanary()
      const isUsed = await use(scene, { host: '127.0.0.1', port: canary.port })
      found[pointer] = canary.hits() > 0
      expected[pointer] = isUsed && !onlyShown.includes(pointer)
    }
    expect(found).toEqual(expected)
    expect(found).toMatchObject({ '/configuration/rpc_urls': true, '/configuration/config/url': true })
  })
})
