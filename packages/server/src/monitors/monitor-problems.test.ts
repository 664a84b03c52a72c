import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  createWatchingTenant,
  hostileBodies,
  monitorBody,
  networkBody,
  problemsIn,
  rowsAsText,
  setLimit,
  startConfigurationApi,
  usedOf,
} from '../testing/configuration-api.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startConfigurationApi()
  tenant = await createWatchingTenant(api, 'acme')
  await setLimit(api, tenant, { quota: 'max_monitors', limit: 100 })
})
afterAll(() => api.close())

function call(method: string, path = '', request: TestRequest = {}): Promise<TestReply> {
  return api.request(method, `/tenants/acme/monitors${path}`, { token: tenant.owner.token, ...request })
}

/** The problems of a body, which creating and validating must tell alike. */
async function problemsOf(body: object): Promise<string[]> {
  const [created, validated] = [await call('POST', '', { body }), await call('POST', '/validate', { body })]
  expect([created.status, created.json.code]).toEqual([422, 'invalid_object'])
  expect([validated.status, validated.json.valid]).toEqual([200, false])
  expect(validated.json.errors).toEqual(created.json.errors)
  return problemsIn(created.json)
}

const conditions = (change: object) => ({
  match_conditions: { functions: [], events: [], transactions: [], ...change },
})

type Wrong = [what: string, expression: string, code: string, place: [number, number], hint: string | undefined]

describe('problems of a monitor', () => {
  it('are all told at once, of its shape, its rules and its references, with pointers from the root of the body', async () => {
    await call('POST', '', { body: monitorBody('taken') })
    const body = {
      ...monitorBody('untaken', {
        name: ' MONITOR taken ',
        networks: ['acme_evm', 'nowhere', 7],
        paused: 'no',
        addresses: [{ address: 'x'.repeat(300) }],
        triggers: ['nobody', 'ops'],
        ...conditions({
          events: [{ signature: 'Transfer' }],
          transactions: [{ status: 'success', expression: 'a == 1' }],
        }),
        zz: 1,
      }),
      severity: 'urgent',
      labels: { a: 1 },
      other: true,
    }
    expect(await problemsOf(body)).toEqual([
      '/configuration/addresses/0/address too_long',
      '/configuration/match_conditions/events/0/signature invalid_signature',
      '/configuration/match_conditions/transactions/0/expression unknown_variable',
      '/configuration/match_conditions/transactions/0/status invalid_value',
      '/configuration/name duplicate_name',
      '/configuration/networks/1 unknown_network',
      '/configuration/networks/2 invalid_type',
      '/configuration/paused invalid_type',
      '/configuration/triggers/0 unknown_trigger',
      '/configuration/zz unknown_field',
      '/labels/a invalid_type',
      '/other unknown_field',
      '/severity invalid_value',
    ])
  })

  const script = { script_path: 'filter.js', language: 'JavaScript', timeout_ms: 1000, arguments: [] }
  it.each([
    ['filter scripts', { trigger_conditions: [script, script] }, ['/trigger_conditions/0', '/trigger_conditions/1']],
  ])('say that %s cannot be executed yet', async (_, change, pointers) => {
    expect(await problemsOf(monitorBody('unsupported', change))).toEqual(
      pointers.map((pointer) => `/configuration${pointer} unsupported_feature`),
    )
  })

  it.each<Wrong>([
    ['a name that the event has not', 'valu > 1', 'unknown_variable', [0, 4], 'value'],
    ['an operator that the kind lacks', 'value contains 1', 'unsupported_operator', [6, 14], '>='],
    ['a literal that is no number', 'value > lots', 'invalid_literal', [8, 12], undefined],
    ['a text that does not parse', 'value = 1', 'expression_syntax', [6, 7], '=='],
  ])(
    'say of an expression with %s where it is wrong and what to write',
    async (...[, expression, code, [start, end], hint]: Wrong) => {
      const events = [{ signature: 'Transfer(address,address,uint256)', expression }]
      const { status, json } = await call('POST', '', { body: monitorBody('expr', conditions({ events })) })
      const pointer = '/configuration/match_conditions/events/0/expression'
      expect([status, json.errors]).toMatchObject([422, [{ pointer, code, position: { start, end } }]])
      if (hint !== undefined) expect(json.errors[0].hint).toContain(hint)
    },
  )

  it('only warn of what OZ Monitor would match through', async () => {
    const expressions = ['value > 1 OR valu > 1', "value > 1 ANDto != '0x'", 'value > 0b1 OR to contains x']
    const events = expressions.map((expression) => ({ signature: 'Transfer(address,address,uint256)', expression }))
    const reply = await call('POST', '', { body: monitorBody('lenient', conditions({ events })) })
    expect(reply.status).toBe(201)
    const codes = reply.json.warnings.map(({ pointer, code }: { pointer: string; code: string }) => [
      pointer.split('/')[4],
      code,
    ])
    expect(codes).toEqual(
      expect.arrayContaining([
        ['0', 'unknown_variable'],
        ['1', 'missing_space'],
        ['2', 'unsupported_operator'],
      ]),
    )
  })

  it('say that viewing keys cannot be used yet, and keep none', async () => {
    const change = {
      chain_configurations: [{ midnight: { viewing_keys: [{ type: 'Plain', value: 'viewing-s3cret' }] } }],
    }
    const pointer = '/configuration/chain_configurations/0/midnight/viewing_keys/0'
    expect(await problemsOf(monitorBody('keys', change))).toEqual([`${pointer} unsupported_feature`])
    const environment = {
      chain_configurations: [{ midnight: { viewing_keys: [{ type: 'Environment', value: 'PATH' }] } }],
    }
    expect(await problemsOf(monitorBody('keys', environment))).toEqual([
      `${pointer} unsupported_feature`,
      `${pointer}/type unsupported_secret_type`,
    ])
    for (const table of ['monitors', 'monitor_versions', 'audit_events'])
      expect(await rowsAsText(api, table)).not.toContain('viewing-s3cret')
  })

  it.each(['', 'a b', 'a/b', 'ü', 'x'.repeat(129), 1, null])('refuse the id %j', async (monitorId) => {
    const reply = await call('POST', '', { body: { ...monitorBody('x'), monitor_id: monitorId } })
    expect(reply.status).toBe(422)
    expect(problemsIn(reply.json).every((problem) => problem.startsWith('/monitor_id '))).toBe(true)
  })

  it('tell of an id and a name that are taken', async () => {
    await call('POST', '', { body: monitorBody('first') })
    const reply = await call('POST', '', { body: monitorBody('first') })
    expect(problemsIn(reply.json)).toEqual(['/configuration/name duplicate_name', '/monitor_id duplicate_id'])
    await call('POST', '', { body: monitorBody('second') })
    const renamed = await call('PATCH', '/second', { body: { name: 'monitor FIRST' } })
    expect(problemsIn(renamed.json)).toEqual(['/configuration/name duplicate_name'])
  })

  it.each(hostileBodies(monitorBody('hostile')))(
    'answer $status for $what, and nothing is written',
    async ({ raw, status }) => {
      await call('POST', '', { body: monitorBody('hostile_base') })
      const tables = ['monitors', 'monitor_versions', 'monitor_networks', 'config_changes', 'audit_events']
      const stateOf = async () => [
        await usedOf(api, tenant, 'max_monitors'),
        ...(await Promise.all(tables.map((table) => rowsAsText(api, table)))),
      ]
      const before = await stateOf()
      const asPut = raw.replaceAll('"hostile"', '"hostile_base"')
      for (const reply of [await call('POST', '', { raw }), await call('PUT', '/hostile_base', { raw: asPut })]) {
        expect([reply.status, reply.headers['content-type']]).toEqual([
          status,
          expect.stringContaining('application/problem+json'),
        ])
      }
      const validated = await call('POST', '/validate', { raw })
      expect(validated.status === 200 ? validated.json.valid : validated.status).toBe(status === 422 ? false : status)
      expect(await stateOf()).toEqual(before)
    },
  )

  it('are told of references that no database could hold', async () => {
    const raw = JSON.stringify(monitorBody('unstorable'))
      .replace('"acme_evm"', String.raw`"\u0000"`)
      .replace('"ops"', String.raw`"a\u0000b"`)
    const reply = await call('POST', '', { raw })
    expect(reply.status).toBe(422)
    expect(problemsIn(reply.json)).toEqual(
      expect.arrayContaining([
        '/configuration/networks/0 unknown_network',
        '/configuration/triggers/0 unknown_trigger',
      ]),
    )
  })
})

describe('monitors/validate', () => {
  it('changes nothing, whatever it says', async () => {
    const tables = ['monitors', 'monitor_versions', 'config_changes', 'audit_events', 'quotas']
    const before = await Promise.all(tables.map((table) => rowsAsText(api, table)))
    const right = await call('POST', '/validate', { body: monitorBody('unsaved') })
    expect([right.status, right.json.valid, right.json.errors]).toEqual([200, true, []])
    await call('POST', '/validate', { body: monitorBody('unsaved', { networks: ['nowhere'] }) })
    expect(await Promise.all(tables.map((table) => rowsAsText(api, table)))).toEqual(before)
    expect((await call('GET', '/unsaved')).status).toBe(404)
  })

  it('judges a body with the id of a monitor as its replacement', async () => {
    await call('POST', '', { body: monitorBody('known') })
    expect((await call('POST', '/validate', { body: monitorBody('known') })).json).toMatchObject({
      valid: true,
      errors: [],
    })
  })

  it('warns like saving does of addresses that nothing on the chain can have', async () => {
    const body = monitorBody('odd', {
      addresses: [{ address: 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ' }],
    })
    const { json } = await call('POST', '/validate', { body })
    expect(json.valid).toBe(true)
    expect(json.warnings).toMatchObject([
      { pointer: '/configuration/addresses/0/address', code: 'unmatchable_address' },
      { pointer: '/configuration/match_conditions/events/0/signature', code: 'unknown_signature' },
    ])
    expect((await call('POST', '', { body })).json.warnings).toEqual(json.warnings)
  })

  it('estimates what the monitor adds to the RPC use of the tenant', async () => {
    const token = tenant.owner.token
    const estimateOf = async (change: object) => {
      const { json } = await call('POST', '/validate', {
        body: monitorBody('estimated', { networks: ['slow'], ...change }),
      })
      return json.estimate.rpc_requests_per_minute
    }
    // One poll and five blocks a minute.
    expect((await api.request('POST', '/tenants/acme/networks', { token, body: networkBody('slow') })).status).toBe(201)
    const receipts = conditions({ transactions: [{ status: 'Success' }] })
    expect([await estimateOf({}), await estimateOf(receipts), await estimateOf({ paused: true })]).toEqual([11, 16, 0])
    await call('POST', '', { body: monitorBody('neighbour', { networks: ['slow'] }) })
    expect([await estimateOf({}), await estimateOf(receipts)]).toEqual([0, 5])
  })
})
