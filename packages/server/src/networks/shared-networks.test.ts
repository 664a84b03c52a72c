import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Clock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { installationTenantId } from '../platform/secrets.ts'
import type { TestApi } from '../testing/api-harness.ts'
import { networkBody, plainSecrets, rowsAsText, startConfigurationApi } from '../testing/configuration-api.ts'
import { createSharedNetworks, type SharedNetworks } from './shared-network-service.ts'

let api: TestApi
beforeAll(async () => {
  api = await startConfigurationApi()
})
afterAll(() => api.close())

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await api.test.admin.query('truncate tenants, users, shared_networks, chain_sources cascade')
  for (const close of closing.splice(0).toReversed()) await close()
})

type Scene = {
  api: TestApi
  directory: string
  shared: SharedNetworks
  /** The environment that the operator's process was started with, and nothing else. */
  environment: Record<string, string>
  log: () => string
  write(file: string, content: unknown): Promise<void>
  remove(file: string): Promise<void>
}

async function openScene(): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), 'smt-shared-'))
  closing.push(() => rm(directory, { recursive: true, force: true }))
  const lines: string[] = []
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk))
      done()
    },
  })
  const environment: Record<string, string> = {}
  const logger = createLogger({ level: 'debug', destination })
  const shared = createSharedNetworks({ ...api, logger }, { directory, environment })
  return {
    api,
    directory,
    shared,
    environment,
    log: () => lines.join(''),
    write: (file, content) =>
      writeFile(join(directory, file), typeof content === 'string' ? content : JSON.stringify(content)),
    remove: (file) => rm(join(directory, file)),
  }
}

const file = (slug: string, change: object = {}) => networkBody(slug, { ...change }).configuration

async function offeredTo(api: TestApi, slug: string): Promise<{ network_id: string; configuration: unknown }[]> {
  const owner = await api.createTenant(slug)
  const { json } = await api.request('GET', `/tenants/${slug}/networks`, { token: owner.owner.token })
  return json.items
}

/** The endpoint of a shared network in clear, as ingestion reads it. */
async function openEndpoint(api: TestApi, networkId: string): Promise<string> {
  const { rows } = await api.test.admin.query<{ url: string }>(
    `select configuration #>> '{rpc_urls,0,url,value}' as url from shared_networks where network_id = $1`,
    [networkId],
  )
  const place = { tenantId: installationTenantId, table: 'shared_networks', rowId: networkId, column: 'configuration' }
  return api.secrets.installation.open(rows[0]?.url ?? '', place)
}

describe('the networks of the operator', () => {
  it('are offered to every tenant, without their endpoints', async () => {
    const { api, shared, write } = await openScene()
    await write('ethereum.json', file('ethereum_mainnet'))
    await write('ignored.txt', 'not a network')
    expect(await shared.sync()).toEqual({
      active: ['ethereum_mainnet'],
      changed: ['ethereum_mainnet'],
      withdrawn: [],
      rejected: [],
    })
    for (const tenant of ['one', 'two']) {
      const [network] = await offeredTo(api, tenant)
      expect(network).toMatchObject({ network_id: 'ethereum_mainnet', shared: true })
      expect(JSON.stringify(network)).not.toMatch(/rpc_urls|s3cret|rpc\.acme/)
    }
  })

  it('are sealed in the database, and their endpoints open for ingestion alone', async () => {
    const { api, shared, write, log } = await openScene()
    await write('ethereum.json', file('ethereum_mainnet'))
    await shared.sync()
    const rows = await rowsAsText(api, 'shared_networks')
    expect(rows).toContain('ethereum_mainnet')
    expect(`${rows}${log()}`).not.toContain(plainSecrets.rpc)
    expect(await openEndpoint(api, 'ethereum_mainnet')).toBe(`https://rpc.acme.example/${plainSecrets.rpc}`)
  })

  it('change with their file, keep their source, and are left alone while it stays the same', async () => {
    const { api, shared, write } = await openScene()
    const sourceOf = async () => (await api.test.admin.query('select source_id from shared_networks')).rows
    await write('ethereum.json', file('ethereum_mainnet'))
    await shared.sync()
    const source = await sourceOf()
    expect((await shared.sync()).changed).toEqual([])
    await write(
      'ethereum.json',
      file('ethereum_mainnet', {
        name: 'Renamed',
        rpc_urls: [{ type_: 'rpc', url: { type: 'Plain', value: 'https://new.example/x' }, weight: 1 }],
      }),
    )
    expect((await shared.sync()).changed).toEqual(['ethereum_mainnet'])
    expect(await offeredTo(api, 'reader')).toMatchObject([{ name: 'Renamed' }])
    expect([await sourceOf(), await openEndpoint(api, 'ethereum_mainnet')]).toEqual([source, 'https://new.example/x'])
  })

  it('are withdrawn with their file and come back with it', async () => {
    const { api, shared, write, remove } = await openScene()
    await write('a.json', file('chain_a'))
    await write('b.json', file('chain_b'))
    await shared.sync()
    await remove('a.json')
    expect(await shared.sync()).toMatchObject({ active: ['chain_b'], withdrawn: ['chain_a'] })
    expect((await offeredTo(api, 'after')).map(({ network_id: id }) => id)).toEqual(['chain_b'])
    await write('a.json', file('chain_a'))
    expect(await shared.sync()).toMatchObject({ active: ['chain_a', 'chain_b'], changed: ['chain_a'] })
    expect((await offeredTo(api, 'again')).map(({ network_id: id }) => id)).toEqual(['chain_a', 'chain_b'])
  })
})

describe('the explorer of a shared network', () => {
  const beside = async ({ directory, write }: Scene, content: unknown) => {
    await mkdir(join(directory, 'extensions'), { recursive: true })
    await write('extensions/ethereum.json', content)
  }

  it('stands in a file of the same name under extensions/, is shown to tenants and follows its file', async () => {
    const scene = await openScene()
    const { shared, write, remove } = scene
    await write('ethereum.json', file('ethereum_mainnet'))
    await shared.sync()
    await beside(scene, { explorer_url: 'https://scan.example' })
    expect((await shared.sync()).changed).toEqual(['ethereum_mainnet'])
    expect((await shared.sync()).changed).toEqual([])
    expect(await offeredTo(api, 'one')).toMatchObject([{ explorer_url: 'https://scan.example' }])
    await remove('extensions/ethereum.json')
    expect((await shared.sync()).changed).toEqual(['ethereum_mainnet'])
    expect(await offeredTo(api, 'two')).toMatchObject([{ explorer_url: null }])
  })

  it.each([
    ['a word', { explorer_url: 'scan' }, '/explorer_url', 'invalid_value'],
    ['another scheme', { explorer_url: 'javascript:alert(1)' }, '/explorer_url', 'invalid_value'],
    ['a password', { explorer_url: 'https://a:b@scan.example' }, '/explorer_url', 'invalid_value'],
    ['an unknown member', { explorer: 'https://scan.example' }, '/explorer', 'unknown_field'],
    ['a list', [], '', 'invalid_type'],
    ['no JSON', '{', '', 'malformed_json'],
  ])('that is %s is refused by name and changes nothing', async (_, content, pointer, code) => {
    const scene = await openScene()
    await scene.write('ethereum.json', file('ethereum_mainnet'))
    await beside(scene, { explorer_url: 'https://scan.example' })
    await scene.shared.sync()
    await beside(scene, content)
    expect(await scene.shared.sync()).toMatchObject({
      active: ['ethereum_mainnet'],
      changed: [],
      withdrawn: [],
      rejected: [{ file: 'extensions/ethereum.json', problems: [{ pointer, code }] }],
    })
    expect(await offeredTo(api, 'one')).toMatchObject([{ explorer_url: 'https://scan.example' }])
  })
})

describe('a bad file', () => {
  it.each([
    ['malformed JSON', '{"slug":', '', 'malformed_json'],
    ['a wrong value', file('chain_a', { block_time_ms: 1 }), '/block_time_ms', 'out_of_range'],
    [
      'a chain that cannot be watched',
      file('chain_a', { network_type: 'Solana' }),
      '/network_type',
      'unsupported_feature',
    ],
    ['an empty slug', file(''), '/slug', 'invalid_id'],
    ['no object', '[]', '', 'invalid_type'],
  ])('with %s is rejected with its reason, and no network is withdrawn', async (_, content, pointer, code) => {
    const { api, shared, write } = await openScene()
    await write('a.json', file('chain_a'))
    await write('b.json', file('chain_b'))
    await shared.sync()
    await write('a.json', content)
    const report = await shared.sync()
    expect(report.rejected).toMatchObject([
      { file: 'a.json', problems: expect.arrayContaining([expect.objectContaining({ pointer, code })]) },
    ])
    expect([report.active.toSorted(), report.withdrawn]).toEqual([['chain_a', 'chain_b'], []])
    expect((await offeredTo(api, 'tenant')).map(({ network_id: id }) => id)).toEqual(['chain_a', 'chain_b'])
  })

  it('does not keep the good ones beside it from being offered', async () => {
    const { shared, write } = await openScene()
    await write('a.json', '{')
    await write('b.json', file('chain_b'))
    expect(await shared.sync()).toMatchObject({
      active: ['chain_b'],
      changed: ['chain_b'],
      rejected: [{ file: 'a.json' }],
    })
  })

  it('is one that repeats a slug, and one that changes the type of its network', async () => {
    const { shared, write } = await openScene()
    await write('a.json', file('chain_a'))
    await write('b.json', file('chain_a', { name: 'Twin' }))
    expect((await shared.sync()).rejected).toMatchObject([
      { file: 'b.json', problems: [{ pointer: '/slug', code: 'duplicate_id' }] },
    ])
  })

  it('puts no secret into the log or the report', async () => {
    const { shared, write, log } = await openScene()
    await write('a.json', file('chain_a', { block_time_ms: 1 }))
    await write('b.json', `${JSON.stringify(file('chain_b'))}x`)
    const report = await shared.sync()
    expect(report.rejected).toHaveLength(2)
    expect(log()).toContain('a.json')
    expect(`${JSON.stringify(report)}${log()}`).not.toContain(plainSecrets.rpc)
  })
})

describe('an Environment secret of the operator', () => {
  const fromEnvironment = file('chain_env', {
    rpc_urls: [{ type_: 'rpc', url: { type: 'Environment', value: 'ETH_RPC_URL' }, weight: 1 }],
  })

  it('is read from the environment that was passed, sealed, and followed when it changes', async () => {
    const { api, shared, environment, write } = await openScene()
    environment['ETH_RPC_URL'] = 'https://env.example/env-s3cret'
    await write('env.json', fromEnvironment)
    expect((await shared.sync()).active).toEqual(['chain_env'])
    expect(await openEndpoint(api, 'chain_env')).toBe('https://env.example/env-s3cret')
    expect(await rowsAsText(api, 'shared_networks')).not.toContain('env-s3cret')
    environment['ETH_RPC_URL'] = 'https://env.example/second'
    expect((await shared.sync()).changed).toEqual(['chain_env'])
    expect(await openEndpoint(api, 'chain_env')).toBe('https://env.example/second')
  })

  it('is never read from the environment of the process', async () => {
    const { shared, write } = await openScene()
    const [name] = Object.entries(process.env).find(([, value]) => value !== undefined && value !== '') ?? ['PATH']
    await write(
      'env.json',
      file('chain_env', { rpc_urls: [{ type_: 'rpc', url: { type: 'Environment', value: name }, weight: 1 }] }),
    )
    const report = await shared.sync()
    expect(report.active).toEqual([])
    expect(report.rejected).toMatchObject([{ problems: [{ pointer: '/rpc_urls/0/url', code: 'unresolved_secret' }] }])
  })

  it('must hold what the rules of a network allow, and its text is in no message', async () => {
    const { shared, environment, write, log } = await openScene()
    environment['ETH_RPC_URL'] = 'ftp://env.example/env-s3cret'
    await write('env.json', fromEnvironment)
    const report = await shared.sync()
    expect(report.rejected).toMatchObject([{ problems: [{ pointer: '/rpc_urls/0/url/value', code: 'invalid_url' }] }])
    expect(`${JSON.stringify(report)}${log()}`).not.toContain('env-s3cret')
  })
})

describe('following the directory', () => {
  it('reads it again and again: what changes while it runs is offered, and a bad moment is survived', async () => {
    const { api, directory, write } = await openScene()
    // A poll ends when the test says so; a hint from the file system may come at any time and changes nothing here.
    let endPoll = () => {}
    const sleep: Clock['sleep'] = (_, signal) =>
      new Promise((resolve) => {
        endPoll = resolve
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    const clock: Clock = { now: () => new Date(), sleep }
    const shared = createSharedNetworks(
      { ...api, clock, logger: createLogger({ level: 'silent' }) },
      { directory, environment: {} },
    )
    const owner = await api.createTenant('reader')
    const offered = async () => {
      endPoll()
      const { json } = await api.request('GET', '/tenants/reader/networks', { token: owner.owner.token })
      return json.items.map(({ network_id: id }: { network_id: string }) => id)
    }
    await shared.start()
    expect(await offered()).toEqual([])
    await write('a.json', file('chain_a'))
    await expect.poll(offered).toEqual(['chain_a'])
    await rm(directory, { recursive: true })
    await offered()
    await mkdir(directory)
    await write('b.json', file('chain_b'))
    await expect.poll(offered).toEqual(['chain_b'])
    await shared.stop()
  })

  it('fails to start when there is none to read, and stops harmlessly', async () => {
    const { api } = await openScene()
    const logger = createLogger({ level: 'silent' })
    const missing = createSharedNetworks(
      { ...api, logger },
      { directory: join(tmpdir(), 'smt-nowhere'), environment: {} },
    )
    await expect(missing.start()).rejects.toThrow('ENOENT')
    await missing.stop()
  })
})
