import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestApi, TestReply, TestRequest, TestTenant } from '../testing/api-harness.ts'
import {
  hostileBodies,
  plainSecrets,
  problemsIn,
  rowsAsText,
  startConfigurationApi,
  triggerBody,
} from '../testing/configuration-api.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startConfigurationApi()
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

function call(method: string, path = '', request: TestRequest = {}, owner = tenant): Promise<TestReply> {
  return api.request(method, `/tenants/${owner.slug}/triggers${path}`, { token: owner.owner.token, ...request })
}

async function create(triggerId: string, change: object = {}): Promise<TestReply> {
  const reply = await call('POST', '', { body: triggerBody(triggerId, { ...change }) })
  if (reply.status !== 201) throw new Error(reply.text)
  return reply
}

const plain = (value: string) => ({ type: 'Plain', value })
const urlMask = 'https://hooks.acme.example/…••••path'
const secretMask = '••••••••'

describe('problems of a trigger', () => {
  it('are all told at once, with pointers from the root of the body', async () => {
    await create('taken')
    const wrong = {
      url: plain('ftp://x'),
      secret: { type: 'Environment', value: 'X' },
      method: 'PATCH',
      headers: { a: 1 },
      zz: 1,
    }
    const { configuration } = triggerBody('taken', wrong)
    const body = {
      trigger_id: 'taken',
      configuration: { ...configuration, name: ' TRIGGER taken ' },
      labels: { a: 1 },
      severity: 'high',
    }
    const reply = await call('POST', '', { body })
    expect([reply.status, reply.json.code]).toEqual([422, 'invalid_object'])
    expect(problemsIn(reply.json)).toEqual([
      '/configuration/config/headers/a invalid_type',
      '/configuration/config/method invalid_value',
      '/configuration/config/secret/type unsupported_secret_type',
      '/configuration/config/url/value invalid_url',
      '/configuration/config/zz unknown_field',
      '/configuration/name duplicate_name',
      '/labels/a invalid_type',
      '/severity unknown_field',
      '/trigger_id duplicate_id',
    ])
  })

  const message = { title: 't', body: 'b' }
  const email = {
    host: 'smtp.acme.example',
    username: plain('u'),
    password: plain('p'),
    message,
    sender: 'a@acme.example',
    recipients: ['b@acme.example'],
  }
  const bodyOf = (triggerType: string, config: object) => ({
    trigger_id: triggerType,
    configuration: { name: triggerType, trigger_type: triggerType, config },
  })
  it.each([
    ['slack', { slack_url: plain('https://hooks.slack.com/services/A/B'), message }],
    ['discord', { discord_url: plain('https://discord.com/api/webhooks/1/x'), message }],
    ['telegram', { token: plain(`12345678:${'a'.repeat(35)}`), chat_id: '42', message }],
    ['email', email],
  ])('do not exist for a %s trigger', async (triggerType, config) => {
    expect((await call('POST', '', { body: bodyOf(triggerType, config) })).status).toBe(201)
  })

  it('do not say of a broken e-mail trigger that it cannot be sent: it is not the type that is wrong', async () => {
    const reply = await call('POST', '', {
      body: { ...bodyOf('email', { ...email, recipients: [] }), trigger_id: 'broken' },
    })
    expect(problemsIn(reply.json)).not.toContain('/configuration/config unsupported_feature')
    expect(problemsIn(reply.json)).toContain('/configuration/config/recipients too_short')
  })

  it('say that a script trigger cannot be sent yet, also under another name', async () => {
    const config = { language: 'Python', script_path: './x.py', timeout_ms: 1000 }
    expect(problemsIn((await call('POST', '', { body: bodyOf('script', config) })).json)).toEqual([
      '/configuration/trigger_type unsupported_feature',
    ])
    expect(problemsIn((await call('POST', '', { body: bodyOf('webhook', config) })).json)).toEqual([
      '/configuration/config unsupported_feature',
    ])
    expect(problemsIn((await call('POST', '', { body: bodyOf('webhook', email) })).json)).toEqual([
      '/configuration/config unsupported_feature',
    ])
  })

  it.each(['Environment', 'environment', 'HashicorpCloudVault'])(
    'refuse a secret of type %s without reading it',
    async (type) => {
      const reply = await call('POST', '', {
        body: triggerBody('vault', { url: { type, value: 'PATH' }, secret: { type, value: 'HOME' } }),
      })
      expect(problemsIn(reply.json)).toEqual([
        '/configuration/config/secret/type unsupported_secret_type',
        '/configuration/config/url/type unsupported_secret_type',
      ])
    },
  )

  it.each(['', 'a b', 'a/b', 'ü', 'x'.repeat(129), 1, null])('refuse the id %j', async (triggerId) => {
    const reply = await call('POST', '', { body: { ...triggerBody('x'), trigger_id: triggerId } })
    expect(reply.status).toBe(422)
    expect(problemsIn(reply.json).every((problem) => problem.startsWith('/trigger_id '))).toBe(true)
  })

  it.each(hostileBodies(triggerBody('hostile')))(
    'answer $status for $what, and nothing is written',
    async ({ raw, status }) => {
      await call('POST', '', { body: triggerBody('hostile_base') })
      const before = await rowsAsText(api, 'triggers')
      const asPut = raw.replaceAll('"hostile"', '"hostile_base"')
      for (const reply of [await call('POST', '', { raw }), await call('PUT', '/hostile_base', { raw: asPut })]) {
        expect([reply.status, reply.headers['content-type']]).toEqual([
          status,
          expect.stringContaining('application/problem+json'),
        ])
      }
      expect(await rowsAsText(api, 'triggers')).toBe(before)
    },
  )
})

describe('the secrets of a trigger', () => {
  it('are in no answer, no audit event and no row', async () => {
    await create('secretive')
    await call('PATCH', '/secretive', { body: { labels: { a: 'b' } } })
    const problem = await call('PUT', '/secretive', {
      body: triggerBody('secretive', { url: plain(`ftp://${plainSecrets.hook}`), zz: 1 }),
    })
    expect(problem.status).toBe(422)
    const texts = [problem, await call('GET', '/secretive'), await call('GET')].map(({ text }) => text)
    for (const table of ['triggers', 'audit_events', 'config_changes', 'idempotency_keys'])
      texts.push(await rowsAsText(api, table))
    for (const text of texts) expect(text).not.toMatch(/hook-s3cret|signature-s3cret/)
    expect(await rowsAsText(api, 'audit_events')).toContain(urlMask)
  })

  it('are not even in the stored answer to an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'trigger-once' }
    const first = await call('POST', '', { body: triggerBody('once'), headers })
    const again = await call('POST', '', { body: triggerBody('once'), headers })
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(await rowsAsText(api, 'idempotency_keys')).not.toMatch(/s3cret|hooks\.acme/)
  })

  it('are replaced one by one: the mask of one keeps it while another changes', async () => {
    await create('rotated')
    await call('PATCH', '/rotated', {
      body: { configuration: { config: { secret: plain('new-signature'), url: plain(urlMask) } } },
    })
    expect(await openConfig('rotated')).toEqual({
      url: `https://hooks.acme.example/${plainSecrets.hook}`,
      secret: 'new-signature',
    })
  })

  it('cannot be had by a mask that stands for nothing here: of another field, another trigger, or nothing', async () => {
    await create('bare', { secret: null })
    const replies = [
      await call('PATCH', '/bare', { body: { configuration: { config: { secret: plain(secretMask) } } } }),
      await call('PUT', '/bare', { body: triggerBody('bare', { secret: plain(urlMask) }) }),
      await call('POST', '', { body: triggerBody('new', { secret: plain(secretMask) }) }),
    ]
    for (const reply of replies) {
      expect([reply.status, problemsIn(reply.json)]).toEqual([
        422,
        ['/configuration/config/secret/value mask_without_value'],
      ])
    }
  })
})

/** The secrets of a stored webhook in clear. */
async function openConfig(triggerId: string): Promise<{ url: string | undefined; secret: string | undefined }> {
  const { rows } = await api.test.admin.query<{
    id: string
    config: Record<'url' | 'secret', { value: string } | undefined>
  }>(
    `select id, configuration -> 'config' as config from triggers where tenant_id = $1 and trigger_id = $2 and is_active`,
    [tenant.id, triggerId],
  )
  const row = rows[0]
  if (row === undefined) throw new Error(`no trigger ${triggerId}`)
  const place = { tenantId: tenant.id, table: 'triggers', rowId: row.id, column: 'configuration' }
  return api.database.withTenant(tenant.id, { readOnly: true }, async (tx) => {
    const secrets = await api.tenantKeys.forTenant(tx, tenant.id)
    const open = (secret: { value: string } | undefined) =>
      secret === undefined ? undefined : secrets.open(secret.value, place)
    return { url: open(row.config.url), secret: open(row.config.secret) }
  })
}
