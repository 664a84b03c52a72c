import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@smt/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts'
import { monitor, network, webhook } from './objects.ts'
import { startServer, type ServerUnderTest, type Tenant } from './server-under-test.ts'
import { smt } from './in-process.ts'
import { smtBinary, temporaryDirectory, writeConfig, writeInto, type Tree } from './smt.ts'

type Change = {
  kind: string
  id: string
  action: string
  replaces_secret: boolean
  secrets: { variable: string; effect: string }[]
}
type Wanted = { env?: Record<string, string>; to?: Tenant }
type Finding = { file: string; pointer: string; code: string; message: string }
type Report = {
  ok: boolean
  applied: boolean
  changes: Change[]
  shared: { id: string }[]
  problems: Finding[]
  failure?: { kind: string; id: string; code: string }
  undone?: { kind: string; id: string }[]
  not_undone?: { kind: string; id: string; reason: string }[]
}

const secrets = { NODE_URL: 'https://node.example.org/v2/n0de-s3cret-0001', HOOK_KEY: 'h00k-s3cret' }
const environment = (variable: string) => ({ type: 'Environment', value: variable })

/** A directory with everything: an own network, one of the operator, two triggers, two monitors, secrets of both kinds. */
const fullTree = (): Tree => ({
  'networks/local.json': network('local', undefined, {
    rpc_urls: [
      { type_: 'rpc', url: environment('NODE_URL'), weight: 100 },
      { type_: 'rpc', url: { type: 'plain', value: 'https://rpc.example.org/v2/pla1n-s3cret' }, weight: 10 },
    ],
    max_past_blocks: null,
  }),
  'networks/offered.json': network('offered'),
  'triggers/all.json': {
    hook: webhook('Hook', { secret: environment('HOOK_KEY') }),
    'other.Hook': webhook('Other', { payload_mode: 'raw' }),
  },
  'monitors/first.json': monitor('First monitor', { networks: ['local', 'offered'] }),
  'monitors/Zweiter Wächter.json': monitor('Zweiter Wächter', { triggers: ['other.Hook', 'hook', 'hook'] }),
})

describe('smt import and export', () => {
  let server: ServerUnderTest
  let proxy: FaultyProxy
  let tenant: Tenant
  let networks: string
  let number = 0
  let interruption: AbortController

  beforeAll(async () => {
    networks = await mkdtemp(join(tmpdir(), 'smt-cli-shared-'))
    await writeFile(join(networks, 'offered.json'), JSON.stringify(network('offered', 'http://127.0.0.1:1/')))
    server = await startServer({ SMT_SHARED_NETWORKS_DIR: networks, SMT_ROLES: 'api,ingest' })
    proxy = await startFaultyProxy(server.baseUrl)
  })

  afterAll(async () => {
    await proxy?.stop()
    await server?.stop()
    await rm(networks, { recursive: true, force: true })
  })

  beforeEach(async () => {
    proxy.setFault(() => undefined)
    number += 1
    interruption = new AbortController()
    tenant = await server.tenant(`tenant-${number}`)
  })

  const transfer = (verb: string, directory: string, args: string[], { env = {}, to = tenant }: Wanted = {}) =>
    smt(
      [verb, directory, '--tenant', to.slug, '--server', proxy.url, ...args],
      { SMT_API_KEY: to.apiKey, ...env },
      interruption.signal,
    )

  async function importInto(
    directory: string,
    { args = [], env = secrets, to = tenant }: { args?: string[]; env?: Record<string, string>; to?: Tenant } = {},
  ) {
    const { code, stdout, stderr } = await transfer('import', directory, ['--json', ...args], { env, to })
    expect(stdout + stderr).not.toMatch(/s3cret|smt_[A-Za-z0-9]{8}/)
    const report = JSON.parse(stdout === '' ? '{"changes":[],"problems":[]}' : stdout) as Report
    const actions = Object.fromEntries(report.changes.map(({ kind, id, action }) => [`${kind} ${id}`, action]))
    const problems = report.problems.map(({ file, pointer, code: kind }) => `${file} ${pointer} ${kind}`)
    return { code, stderr, report, actions, problems }
  }

  /** All configurations of a tenant by kind and id, with versions on demand. */
  async function stateOf({ api }: Tenant, { withVersions = false } = {}): Promise<Record<string, unknown>> {
    const state: Record<string, unknown> = {}
    for (const kind of ['network', 'trigger', 'monitor']) {
      const { body } = await api('GET', `/${kind}s?limit=200`)
      for (const item of body['items'] as Record<string, unknown>[]) {
        if (item['shared'] === true) continue
        const { configuration, version } = item
        state[`${kind} ${String(item[`${kind}_id`])}`] = withVersions ? { configuration, version } : configuration
      }
    }
    return state
  }

  const everything = [
    'network local',
    'trigger hook',
    'trigger other.Hook',
    'monitor Zweiter-Wachter-',
    'monitor first',
  ]

  it('creates what is missing, and the second time finds everything unchanged', async () => {
    const directory = await writeConfig(fullTree())
    const first = await importInto(directory)
    expect(first.code).toBe(0)
    expect(first.report).toMatchObject({ ok: true, applied: true, problems: [], shared: [{ id: 'offered' }] })
    expect(Object.keys(first.actions).map((name) => name.replace(/[0-9a-f]{8}$/, ''))).toEqual(everything)
    expect(new Set(Object.values(first.actions))).toEqual(new Set(['create']))
    const state = await stateOf(tenant)
    expect(Object.keys(state)).toHaveLength(5)
    expect(state['network local']).toMatchObject({
      max_past_blocks: null,
      rpc_urls: [
        { url: { type: 'Plain', value: 'https://node.example.org/…••••0001' } },
        { url: { type: 'Plain', value: 'https://rpc.example.org/…••••cret' } },
      ],
    })
    const names = Object.values(state).map((configuration) => (configuration as { name: string }).name)
    expect(names).toContain('Zweiter Wächter')

    const before = await stateOf(tenant, { withVersions: true })
    const second = await importInto(directory)
    expect(second.code).toBe(0)
    expect(new Set(Object.values(second.actions))).toEqual(new Set(['unchanged']))
    expect(await stateOf(tenant, { withVersions: true })).toEqual(before)
  })

  it('changes nothing in a dry run, and reports the same', async () => {
    const directory = await writeConfig(fullTree())
    const dry = await importInto(directory, { args: ['--dry-run'] })
    expect(dry).toMatchObject({ code: 0, report: { ok: true, applied: false } })
    expect(new Set(Object.values(dry.actions))).toEqual(new Set(['create']))
    expect(await stateOf(tenant)).toEqual({})
    expect(await importInto(directory, { args: ['--dry-run'], env: {} })).toMatchObject({
      code: 1,
      problems: [
        'networks/local.json /rpc_urls/0/url/value unset_variable',
        'triggers/all.json /hook/config/secret/value unset_variable',
      ],
    })
  })

  it('notices a secret that was rotated behind the same mask, and keeps what stands beside', async () => {
    const directory = await writeConfig(fullTree())
    await importInto(directory)
    const beside = { labels: { team: 'ops' }, extensions: { mine: 1 } }
    const { body: hook } = await tenant.api('GET', '/triggers/hook')
    const extensions = { ...(hook['extensions'] as object), ...beside.extensions }
    await tenant.api('PATCH', '/triggers/hook', { labels: beside.labels, extensions })
    // Somebody else wrote it: what was known of its secret no longer holds, so it is sent once more.
    const again = await importInto(directory)
    expect(again.actions).toMatchObject({ 'trigger hook': 'update', 'trigger other.Hook': 'unchanged' })
    const rotated = await importInto(directory, { env: { ...secrets, HOOK_KEY: 'h00k-s3cret-2' } })
    expect(rotated.code).toBe(0)
    expect(Object.entries(rotated.actions).filter(([, action]) => action !== 'unchanged')).toEqual([
      ['trigger hook', 'update'],
    ])
    const stored = (await tenant.api('GET', '/triggers/hook')).body
    expect(stored).toMatchObject({ labels: { team: 'ops' }, extensions: { mine: 1 }, version: 4 })
    expect((await importInto(directory, { env: { ...secrets, HOOK_KEY: 'h00k-s3cret-2' } })).actions).toMatchObject({
      'trigger hook': 'unchanged',
    })
  })

  it('takes up extensions from their folder, and export gives them back', async () => {
    const extensions = { stellar: { nested_calls: true }, mine: { note: 'kept' } }
    const directory = await writeConfig({ ...fullTree(), 'extensions/first.json': extensions })
    expect((await importInto(directory)).code).toBe(0)
    expect((await tenant.api('GET', '/monitors/first')).body).toMatchObject({ extensions })
    expect((await importInto(directory)).actions).toMatchObject({ 'monitor first': 'unchanged' })
    const exported = join(await temporaryDirectory(), 'exported')
    expect((await transfer('export', exported, [])).code).toBe(0)
    expect(JSON.parse(await readFile(join(exported, 'extensions/first.json'), 'utf8'))).toEqual(extensions)
    await writeInto(directory, { 'extensions/first.json': { mine: {} } })
    expect((await importInto(directory)).actions).toMatchObject({ 'monitor first': 'update' })
    expect((await tenant.api('GET', '/monitors/first')).body['extensions']).toEqual({ mine: {} })
  })

  it('undoes everything when the last monitor fails', async () => {
    const directory = await writeConfig(fullTree())
    await importInto(directory)
    await tenant.api('PATCH', '/monitors/first', { severity: 'high' })
    const before = await stateOf(tenant)
    await writeInto(directory, {
      'networks/local.json': { ...(fullTree()['networks/local.json'] as object), block_time_ms: 2_000 },
      'networks/more.json': network('more'),
      'triggers/all.json': {
        ...(fullTree()['triggers/all.json'] as object),
        hook: webhook('Hook renamed', { secret: environment('HOOK_KEY') }),
        third: webhook('Third'),
      },
      'monitors/first.json': monitor('First monitor', { networks: ['more'], triggers: ['third'] }),
      'monitors/last.json': monitor('Last', { networks: ['more'] }),
    })
    proxy.setFault((method, path, body) =>
      method === 'POST' && path === '/monitors' && body.includes('"Last"') ? 'refuse' : undefined,
    )
    const failed = await importInto(directory)
    expect(failed.code).toBe(1)
    expect(failed.report).toMatchObject({
      ok: false,
      applied: false,
      failure: { kind: 'monitor', id: 'last', code: 'internal_error' },
      not_undone: [],
    })
    expect(failed.report.undone?.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'monitor first',
      'trigger third',
      'trigger hook',
      'network more',
      'network local',
    ])
    expect(await stateOf(tenant)).toEqual(before)
    expect((await tenant.api('GET', '/monitors/first')).body['severity']).toBe('high')
    // The secrets survived the way there and back.
    proxy.setFault(() => undefined)
    await writeInto(directory, fullTree())
    await rm(join(directory, 'networks/more.json'))
    await rm(join(directory, 'monitors/last.json'))
    expect(new Set(Object.values((await importInto(directory)).actions))).toEqual(new Set(['unchanged']))
  })

  it('undoes also what it never got an answer for', async () => {
    const directory = await writeConfig(fullTree())
    proxy.setFault((method, path, body) =>
      method === 'POST' && path === '/monitors' && body.includes('First monitor') ? 'lose' : undefined,
    )
    const failed = await importInto(directory)
    expect(failed).toMatchObject({ code: 1, report: { applied: false, not_undone: [] } })
    expect(failed.report.undone).toHaveLength(5)
    expect(await stateOf(tenant)).toEqual({})
  })

  it('undoes everything when it is interrupted', async () => {
    proxy.setFault((method, path) => {
      if (method === 'POST' && path === '/monitors') interruption.abort()
      return undefined
    })
    const failed = await importInto(await writeConfig(fullTree()))
    expect(failed).toMatchObject({ code: 1, report: { failure: { code: 'interrupted' }, not_undone: [] } })
    expect(failed.report.undone).toHaveLength(4)
    expect(await stateOf(tenant)).toEqual({})
  })

  it('gets over a single lost answer without doing anything twice', async () => {
    let lost = 0
    proxy.setFault((method) => (method === 'POST' && (lost += 1) % 2 === 1 ? 'lose' : undefined))
    expect(await importInto(await writeConfig(fullTree()))).toMatchObject({ code: 0, report: { applied: true } })
    const versions = Object.values(await stateOf(tenant, { withVersions: true }))
    expect(versions.map((object) => (object as { version: number }).version)).toEqual([1, 1, 1, 1, 1])
  })

  it('makes the one update that loses a secret last, and wants consent for several', async () => {
    const directory = await writeConfig(fullTree())
    await importInto(directory)
    const before = await stateOf(tenant)
    const rotated = { NODE_URL: `${secrets.NODE_URL}-2`, HOOK_KEY: `${secrets.HOOK_KEY}-2` }
    const refused = await importInto(directory, { env: rotated })
    expect(refused).toMatchObject({
      code: 1,
      problems: ['networks/local.json  secret_not_restorable', 'triggers/all.json /hook secret_not_restorable'],
    })
    await writeInto(directory, { 'monitors/new.json': monitor('New') })
    proxy.setFault((method, path) => (method === 'PUT' && path === '/triggers/hook' ? 'refuse' : undefined))
    const one = await importInto(directory, { env: { ...secrets, HOOK_KEY: rotated.HOOK_KEY } })
    expect(one.report).toMatchObject({ failure: { id: 'hook' }, not_undone: [], undone: [{ id: 'new' }] })
    expect(await stateOf(tenant)).toEqual(before)
    const several = await importInto(directory, { env: rotated, args: ['--replace-secrets'] })
    expect(several.report.not_undone).toMatchObject([{ kind: 'network', id: 'local' }])
    expect(several.report.undone).toMatchObject([{ id: 'new' }])
    proxy.setFault(() => undefined)
    expect(await importInto(directory, { env: rotated })).toMatchObject({ code: 0, report: { applied: true } })
  })

  it('finds beforehand what the server would refuse, by file and pointer', async () => {
    await tenant.api('POST', '/triggers', { trigger_id: 'taken', configuration: webhook('Hook') })
    const monitors = Array.from({ length: 11 }, (_, index) => [
      `monitors/m${index}.json`,
      monitor(`M${index}`, { triggers: [] }),
    ])
    const { code, problems } = await importInto(
      await writeConfig({
        ...Object.fromEntries(monitors),
        'networks/local.json': network('local'),
        'networks/solana.json': network('solana', undefined, { network_type: 'Solana' }),
        'triggers/all.json': { 'bad id': webhook('Bad'), hook: webhook('Hook') },
        'monitors/m0.json': monitor('M0', { networks: ['nowhere'], triggers: ['hook', 'taken'] }),
      }),
    )
    expect({ code, problems }).toEqual({
      code: 1,
      problems: [
        'monitors/  quota_exceeded',
        'monitors/m0.json /networks/0 unknown_network',
        'networks/solana.json /network_type unsupported_feature',
        'triggers/all.json /bad id invalid_id',
        'triggers/all.json /hook/name duplicate_name',
      ],
    })
    expect(Object.keys(await stateOf(tenant))).toEqual(['trigger taken'])
    const many = await importInto(
      await writeConfig({
        'networks/local.json': network('local'),
        'triggers/all.json': { mine: webhook('Mine') },
        'monitors/many.json': monitor('Many', { triggers: Array.from({ length: 11 }, () => 'mine') }),
      }),
    )
    expect(many).toMatchObject({ code: 1, problems: ['monitors/many.json /triggers quota_exceeded'] })
  })

  it('exports what OpenZeppelin Monitor loads, and importing that is the identity', async () => {
    await importInto(await writeConfig(fullTree()))
    await tenant.api('PATCH', '/monitors/first', { severity: 'critical', labels: { team: 'ops' } })
    const out = join(await temporaryDirectory(), 'config')
    const exported = await transfer('export', out, [])
    expect(exported).toMatchObject({ code: 0, stdout: '' })
    expect(exported.stderr).toContain(
      'not exported of monitor first, because the format has no place for it: severity, labels',
    )
    expect(exported.stderr).toContain('the shared network offered is the operator')
    const variables = [...exported.stderr.matchAll(/^smt: set (\S+) to the secret/gm)].map(([, name]) => name ?? '')
    expect(variables).toHaveLength(5)
    expect(variables).toContain('SMT_EXPORT_NETWORK_LOCAL__RPC_URLS_0_URL')
    expect(variables).toContain('SMT_EXPORT_TRIGGER_HOOK__CONFIG_SECRET')
    expect((await readdir(join(out, 'networks'))).concat(await readdir(join(out, 'triggers')))).toEqual([
      'local.json',
      'triggers.json',
    ])
    expect(await readFile(join(out, 'networks/local.json'), 'utf8')).toMatch(/^\{\n {2}"network_type": "EVM",\n/)

    // The same tenant, without a single secret at hand.
    const same = await importInto(out, { env: {} })
    expect(same.code).toBe(0)
    expect(Object.keys(same.actions)).toHaveLength(5)
    expect(new Set(Object.values(same.actions))).toEqual(new Set(['unchanged']))
    expect(same.report.changes.flatMap((change) => change.secrets.map(({ effect }) => effect))).toEqual(
      Array.from({ length: 5 }, () => 'kept'),
    )

    // Another tenant gets the secrets from the variables.
    const copy = await server.tenant(`copy-${number}`)
    const missing = await importInto(out, { env: {}, to: copy })
    expect(missing.problems.map((problem) => problem.split(' ').at(-1))).toEqual(
      Array.from({ length: 5 }, () => 'unset_variable'),
    )
    const urls: Record<string, string> = {
      SMT_EXPORT_NETWORK_LOCAL__RPC_URLS_0_URL: secrets.NODE_URL,
      SMT_EXPORT_NETWORK_LOCAL__RPC_URLS_1_URL: 'https://rpc.example.org/v2/pla1n-s3cret',
      SMT_EXPORT_TRIGGER_HOOK__CONFIG_SECRET: secrets.HOOK_KEY,
    }
    const env = Object.fromEntries(
      variables.map((name) => [name, urls[name] ?? 'https://hooks.example.org/in/0123456789']),
    )
    expect(await importInto(out, { env, to: copy })).toMatchObject({ code: 0, report: { applied: true } })
    expect(await stateOf(copy)).toEqual(await stateOf(tenant))
    const outAgain = join(await temporaryDirectory(), 'config')
    await transfer('export', outAgain, [], { to: copy })
    for (const file of ['networks/local.json', 'triggers/triggers.json', 'monitors/first.json']) {
      expect(await readFile(join(outAgain, file), 'utf8')).toBe(await readFile(join(out, file), 'utf8'))
    }
  })

  it('keeps stored secrets when an exported directory is changed and imported again', async () => {
    await importInto(await writeConfig(fullTree()))
    const out = join(await temporaryDirectory(), 'config')
    await transfer('export', out, [])
    const text = await readFile(join(out, 'networks/local.json'), 'utf8')
    const local = JSON.parse(text) as { rpc_urls: unknown[] }
    const turned = { ...local, name: 'Turned', rpc_urls: local.rpc_urls.toReversed() }
    await writeInto(out, { 'networks/local.json': turned })
    const { code, actions } = await importInto(out, { env: {} })
    expect({ code, action: actions['network local'] }).toEqual({ code: 0, action: 'update' })
    expect((await stateOf(tenant))['network local']).toMatchObject({
      name: 'Turned',
      rpc_urls: [
        { url: { value: 'https://rpc.example.org/…••••cret' } },
        { url: { value: 'https://node.example.org/…••••0001' } },
      ],
    })
  })

  it('writes into a directory that is not empty only by force, and leaves other files alone', async () => {
    await importInto(await writeConfig(fullTree()))
    const out = await writeConfig({ 'notes.txt': 'mine', 'networks/local.json': '{}' })
    const refused = await transfer('export', out, [])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(await readFile(join(out, 'networks/local.json'), 'utf8')).toBe('{}')
    expect((await transfer('export', out, ['--force'])).code).toBe(0)
    expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine')
    expect(await readFile(join(out, 'networks/local.json'), 'utf8')).toContain('"slug": "local"')
  })

  it('says who refused: a wrong key, a foreign tenant, nobody', async () => {
    const directory = await writeConfig(fullTree())
    const keyFile = join(await temporaryDirectory(), 'key')
    await writeFile(keyFile, `${tenant.apiKey}\n`)
    const args = ['import', directory, '--tenant', tenant.slug, '--dry-run']
    expect(await smt([...args, '--api-key-file', keyFile], { SMT_URL: server.baseUrl, ...secrets })).toMatchObject({
      code: 0,
    })
    const wrong = await smt(args, { SMT_URL: server.baseUrl, SMT_API_KEY: 'smt_wrong', ...secrets })
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain('401')
    const foreign = await server.tenant(`foreign-${number}`)
    const other = await transfer('import', directory, [], { env: secrets, to: { ...foreign, apiKey: tenant.apiKey } })
    expect(other).toMatchObject({ code: 1, stdout: '' })
    expect(other.stderr).toContain('404')
    const nobody = `http://127.0.0.1:${await freePort()}`
    const dead = await smt([...args, '--server', nobody], { SMT_API_KEY: tenant.apiKey, ...secrets })
    expect(dead).toMatchObject({ code: 1, stdout: '' })
    expect(dead.stderr).toContain('gave no answer: it cannot be reached')
  })

  it('shows the report for people without any secret', async () => {
    const args = ['import', await writeConfig(fullTree()), '--tenant', tenant.slug, '--server', server.baseUrl]
    const { code, stdout, stderr } = await smtBinary(args, { ...secrets, SMT_API_KEY: tenant.apiKey })
    expect(code).toBe(0)
    expect(stdout).toContain('  create    network local (networks/local.json)\n')
    expect(stdout).toContain(
      'secret    networks/local.json /rpc_urls/0/url is taken from the environment variable NODE_URL',
    )
    expect(stdout).toMatch(/5 to create, 0 to update, 0 unchanged, 1 shared, 0 problems\. Done\.\n$/)
    expect(stderr).toContain('smt: 1/5 create network local\n')
    expect(stdout + stderr).not.toMatch(/s3cret/)
  })
})
