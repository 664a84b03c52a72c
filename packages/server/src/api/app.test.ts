import { Writable } from 'node:stream'
import { connect } from 'node:net'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLogger } from '../platform/logger.ts'
import { currentTenant } from '../tenants/request-context.ts'
import { publicRoute, tenantRoute, type Route } from '../tenants/route.ts'
import { startTestApi, type TestApi, type TestTenant } from '../testing/api-harness.ts'

const logged: string[] = []
const destination = new Writable({
  write: (chunk, _encoding, done) => {
    logged.push(String(chunk))
    done()
  },
})

/** Routes that fail and wait on purpose. */
const gate = createGate()
const entered = createGate()
const extraRoutes = (): Route[] => [
  publicRoute({
    method: 'GET',
    path: '/test/broken',
    operationId: 'testBroken',
    summary: 'Fails',
    tag: 'test',
    responses: { 200: null },
    handler: async () => {
      throw new Error('the inner secret of /etc/passwd', { cause: new Error('deeper') })
    },
  }),
  publicRoute({
    method: 'GET',
    path: '/test/slow',
    operationId: 'testSlow',
    summary: 'Waits',
    tag: 'test',
    responses: { 200: z.object({ done: z.boolean() }) },
    handler: async () => {
      entered.resolve()
      await gate.promise
      return { status: 200, body: { done: true } }
    },
  }),
  tenantRoute({
    method: 'POST',
    path: '/tenants/:slug/things/check',
    operationId: 'checkThing',
    summary: 'A verb beside an id',
    tag: 'test',
    permission: 'tenant:read',
    params: z.object({ slug: z.string() }),
    responses: { 200: null },
    handler: async () => ({ status: 200 }),
  }),
  tenantRoute({
    method: 'GET',
    path: '/tenants/:slug/things/:thing_id',
    operationId: 'getThing',
    summary: 'An id that may be a verb',
    tag: 'test',
    permission: 'tenant:read',
    params: z.object({ slug: z.string(), thing_id: z.string() }),
    responses: { 200: z.object({ thing_id: z.string(), tenant: z.string(), big: z.any() }) },
    handler: async ({ params }) => ({
      status: 200,
      body: { thing_id: params.thing_id, tenant: currentTenant().slug, big: 12345678901234567890n },
    }),
  }),
]

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startTestApi({ routes: extraRoutes, logger: createLogger({ level: 'warn', destination }) })
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

describe('errors', () => {
  it('are RFC 9457 problems with the id of the request', async () => {
    const reply = await api.request('GET', '/nothing/here')
    expect(reply.status).toBe(404)
    expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(reply.json).toEqual({
      type: 'urn:smt:problem:not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: 'There is nothing at this address.',
      request_id: reply.headers['x-request-id'],
    })
    expect(reply.json.request_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })

  it('that nobody expected tell the client nothing and the operator everything', async () => {
    logged.length = 0
    const reply = await api.request('GET', '/test/broken')
    expect([reply.status, reply.json.code]).toEqual([500, 'internal_error'])
    expect(reply.text).not.toMatch(/passwd|deeper|at .*\.ts/)
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      level: 'error',
      msg: 'request failed',
      requestId: reply.json.request_id,
      operation: 'testBroken',
      err: { message: 'the inner secret of /etc/passwd', cause: { message: 'deeper' } },
    })
  })

  it('of the client are not logged', async () => {
    logged.length = 0
    await api.request('GET', '/nothing')
    await api.request('POST', '/auth/login', { raw: '{' })
    expect(logged).toEqual([])
  })

  it('for a path that cannot be decoded and for a request that is no HTTP are problems as well', async () => {
    const reply = await api.request('GET', '/tenants/%E0%A4%A')
    expect([reply.status, reply.json.code]).toEqual([400, 'invalid_request'])
    expect(reply.headers['x-content-type-options']).toBe('nosniff')
  })

  it('list all problems of a body at once, with pointers', async () => {
    const body = { email: 'x', password: 1, tenant_slug: 'A', extra: true }
    const { status, json } = await api.request('POST', '/auth/register', { body })
    expect(status).toBe(422)
    const found = json.errors.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`)
    expect(found.toSorted()).toEqual([
      '/email invalid_value',
      '/extra unknown_field',
      '/password invalid_type',
      '/tenant_name required',
      '/tenant_slug invalid_value',
    ])
  })

  it('say that a credential is needed in the way of HTTP', async () => {
    expect((await api.request('GET', '/auth/me')).headers['www-authenticate']).toBe('Bearer')
  })
})

describe('methods', () => {
  it('that an address does not know are answered 405 with those that it does', async () => {
    const reply = await api.request('PUT', '/auth/login', { body: {} })
    expect([reply.status, reply.json.code, reply.headers['allow']]).toEqual([405, 'method_not_allowed', 'POST'])
    const options = await api.request('OPTIONS', '/tenants/acme')
    expect([options.status, options.headers['allow']]).toEqual([405, 'DELETE, GET, HEAD, PATCH'])
  })

  it('on a verb do not hide an object of the same name', async () => {
    const { token } = tenant.owner
    const read = await api.request('GET', '/tenants/acme/things/check', { token })
    expect(read.json).toMatchObject({ thing_id: 'check' })
    expect((await api.request('POST', '/tenants/acme/things/check', { token })).status).toBe(200)
    expect((await api.request('POST', '/tenants/acme/things/other', { token })).status).toBe(405)
    expect((await api.request('DELETE', '/tenants/acme/things/check', { token })).status).toBe(405)
  })

  it('HEAD answers as GET without the body, and asks for the same credentials', async () => {
    const { token } = tenant.owner
    const head = await api.request('HEAD', '/tenants/acme', { token })
    expect([head.status, head.text]).toEqual([200, ''])
    expect(head.headers['etag']).toBe('"1"')
    expect((await api.request('HEAD', '/tenants/acme')).status).toBe(401)
  })
})

describe('requests', () => {
  it('carry their tenant into the handler, and answers keep every digit', async () => {
    const reply = await api.request('GET', '/tenants/acme/things/a.b-c', { token: tenant.owner.token })
    expect(reply.text).toBe('{"thing_id":"a.b-c","tenant":"acme","big":12345678901234567890}')
  })

  it('may name an object of 128 characters', async () => {
    const id = 'x'.repeat(128)
    expect((await api.request('GET', `/tenants/acme/things/${id}`, { token: tenant.owner.token })).json.thing_id).toBe(
      id,
    )
  })

  it('take the bearer scheme in any case', async () => {
    const headers = { authorization: `bEARER ${tenant.owner.token}` }
    expect((await api.request('GET', '/auth/me', { headers })).status).toBe(200)
  })

  it('take merge-patch+json for PATCH alone', async () => {
    const options = {
      token: tenant.owner.token,
      raw: '{"name":"Patched"}',
      headers: { 'content-type': 'application/merge-patch+json' },
    }
    expect((await api.request('PATCH', '/tenants/acme', options)).status).toBe(200)
    expect((await api.request('POST', '/tenants', options)).status).toBe(415)
  })

  it.each([
    'application/json; charset=latin1',
    'application/jsonp',
    'text/json',
    'application/x-www-form-urlencoded',
    '',
  ])('with the content type %j are refused', async (type) => {
    const options = { raw: '{}', headers: { 'content-type': type } }
    expect((await api.request('POST', '/auth/login', options)).status).toBe(415)
  })

  it('without credentials are refused before their body is read', async () => {
    const reply = await api.request('PATCH', '/tenants/acme', { raw: 'x'.repeat(2_000_000) })
    expect(reply.status).toBe(401)
  })
})

describe('answers', () => {
  it('tell browsers to keep, guess, frame and run nothing', async () => {
    for (const path of ['/auth/me', '/nothing']) {
      const { headers } = await api.request('GET', path)
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
    }
  })

  it('are counted by operation and class of status, never by what a client chose', async () => {
    await api.request('GET', '/tenants/acme/things/label', { token: tenant.owner.token })
    await api.request('GET', '/some/path/that/is/not/there')
    const text = await api.metrics.registry.metrics()
    expect(text).toContain('smt_http_requests_total{operation="getThing",status="2xx"}')
    expect(text).toContain('smt_http_requests_total{operation="unknown",status="4xx"}')
    expect(text).not.toContain('label"')
    expect(text).not.toContain('/some/path')
  })
})

describe('on a real socket', () => {
  it('answers what is no HTTP with a problem', async () => {
    const port = await listen()
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('NOT HTTP AT ALL\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => (text += String(chunk)))
      socket.on('close', () => resolve(text))
      socket.on('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toContain('"code":"invalid_request"')
  })

  it('stops accepting when it closes, and finishes what is running', async () => {
    const port = await listen()
    const running = new Promise<string>((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path: '/api/v1/test/slow' }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += String(chunk)))
        response.on('end', () => resolve(text))
      })
        .on('error', reject)
        .end()
    })
    await entered.promise
    const closed = api.app.close()
    await expect(tryToConnect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    gate.resolve()
    expect(await running).toBe('{"done":true}')
    await closed
  })
})

let listening: number | undefined

async function listen(): Promise<number> {
  if (listening === undefined) {
    await api.app.listen({ host: '127.0.0.1', port: 0 })
    const address = api.app.server.address()
    listening = z.object({ port: z.number() }).parse(address).port
  }
  return listening
}

/** A promise that the test resolves. */
function createGate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

function tryToConnect(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}
