import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { HttpError, type HttpRequest, type HttpResponse } from '../http.ts'
import { createApiClient } from './api-client.ts'

type Reply = Partial<HttpResponse> | HttpError

function clientOf(replies: Reply[]) {
  const requests: HttpRequest[] = []
  const pauses: number[] = []
  const api = createApiClient(
    {
      http: {
        send: (request) => {
          requests.push(request)
          const reply = replies[requests.length - 1] ?? { status: 500 }
          return reply instanceof HttpError
            ? Promise.reject(reply)
            : Promise.resolve({ status: 200, headers: {}, body: '', ...reply })
        },
      },
      wait: (ms) => {
        pauses.push(ms)
        return Promise.resolve()
      },
    },
    { baseUrl: 'https://smt.example', tenant: 'acme', apiKey: 'k3y' },
  )
  return { api, requests, pauses }
}

const item = z.object({ id: z.string() })

describe('createApiClient', () => {
  it('reads all pages of a list', async () => {
    const { api, requests } = clientOf([
      { body: '{"items":[{"id":"a"}],"next_cursor":"c+1"}' },
      { body: '{"items":[],"next_cursor":"c2"}' },
      { body: '{"items":[{"id":"b"}],"next_cursor":null}' },
    ])
    expect(await api.list('/monitors', item)).toEqual([{ id: 'a' }, { id: 'b' }])
    expect(requests.map(({ url }) => url.replace(/^.*\?/, ''))).toEqual([
      'limit=200',
      'limit=200&cursor=c%2B1',
      'limit=200&cursor=c2',
    ])
  })

  it('waits as long as a busy server asks, and repeats a lost write with the same key', async () => {
    const { api, requests, pauses } = clientOf([
      { status: 503, headers: { 'retry-after': '2' } },
      new HttpError('timeout'),
      { status: 201, body: '{"id":"a"}' },
    ])
    const write = { method: 'POST', path: '/monitors', body: {}, idempotencyKey: 'once' } as const
    expect(await api.write(write, item)).toEqual({ id: 'a' })
    expect(pauses).toEqual([2_000, 1_000])
    expect(requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['once', 'once', 'once'])
  })

  it('tells a refused write from one whose outcome is unknown', async () => {
    const lost = clientOf(Array.from({ length: 4 }, () => new HttpError('unreachable')))
    const write = { method: 'PUT', path: '/monitors/a', body: {} } as const
    await expect(lost.api.write(write, item)).rejects.toMatchObject({ isUnknown: true })
    const body =
      '{"code":"invalid_object","detail":"1 problem was found.","errors":[{"pointer":"/x","code":"y","message":"z"}]}'
    const refused = clientOf([{ status: 422, body }])
    await expect(refused.api.write(write, item)).rejects.toMatchObject({
      isUnknown: false,
      status: 422,
      problems: [{ pointer: '/x', code: 'y', message: 'z' }],
    })
    const strange = clientOf([{ status: 418, body: '<html>' }])
    await expect(strange.api.get('/quota', item)).rejects.toMatchObject({ code: 'http_status', status: 418 })
  })

  it('never puts the key into an error', async () => {
    const { api } = clientOf([{ status: 200, body: '{"id":1}' }])
    await expect(api.get('/x', item)).rejects.toMatchObject({
      message: 'The server answered something that this version does not understand (at id).',
    })
  })
})
