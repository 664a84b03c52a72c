import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttp, type HttpError } from './http.ts'

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function send(url: string, limits: { timeoutMs?: number; maxBodyBytes?: number; signal?: AbortSignal } = {}) {
  const http = createHttp()
  try {
    return await http.send({
      method: 'POST',
      url,
      headers: {},
      body: '{}',
      timeoutMs: 5_000,
      maxBodyBytes: 10,
      ...limits,
    })
  } catch (error) {
    const { tenantCode, message } = error as HttpError
    return { tenantCode, message }
  } finally {
    await http.close()
  }
}

describe('createHttp', () => {
  it('follows no redirect', async () => {
    const host = await listen((_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end())
    expect(await send(`http://${host}/`)).toMatchObject({ status: 307 })
  })

  it('gives up on an answer that is too large, too slow or interrupted', async () => {
    const large = await listen((_, response) => response.end('x'.repeat(11)))
    expect(await send(`http://${large}/`)).toMatchObject({ tenantCode: 'body_too_large' })
    const silent = await listen(() => undefined)
    expect(await send(`http://${silent}/`, { timeoutMs: 50 })).toMatchObject({ tenantCode: 'timeout' })
    expect(await send(`http://${silent}/`, { signal: AbortSignal.abort() })).toMatchObject({ tenantCode: 'aborted' })
  })

  it('names no URL in its errors', async () => {
    const dead = await send('http://127.0.0.1:1/v2/k3y')
    expect(dead).toEqual({ tenantCode: 'unreachable', message: 'it cannot be reached' })
    expect(await send('ftp://host/k3y')).toMatchObject({ tenantCode: 'invalid_url' })
    expect(JSON.stringify(await send('no url k3y'))).not.toContain('k3y')
  })

  it('sends the credentials of a URL as a header', async () => {
    const host = await listen((request, response) => response.end(request.headers.authorization?.slice(0, 5)))
    expect(await send(`http://user:p%40ss@${host}/`)).toMatchObject({ status: 200, body: 'Basic' })
  })
})
