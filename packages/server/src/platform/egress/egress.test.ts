import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createEgress, type Egress, type EgressOptions, type EgressRequest } from './egress.ts'
import { EgressError } from './egress-error.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

function openEgress(options: Partial<EgressOptions> = {}): Egress {
  const egress = createEgress({ allow: ['127.0.0.0/8'], ...options })
  closing.push(() => egress.close())
  return egress
}

/** A server on loopback that counts its connections. */
async function listen(server: Server | TcpServer): Promise<{ port: number; connections: () => number }> {
  let connections = 0
  const sockets = new Set<{ destroy: () => void }>()
  server.on('connection', (socket: { destroy: () => void }) => {
    connections += 1
    sockets.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  )
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

const serve = (listener: RequestListener) => listen(createServer(listener))

function requestTo(url: string, change: Partial<EgressRequest> = {}): EgressRequest {
  return { url, method: 'GET', headers: {}, timeoutMs: 5_000, maxBodyBytes: 1_000, ...change }
}

async function failureOf(attempt: Promise<unknown>): Promise<EgressError> {
  const error: unknown = await attempt.then(
    () => 'answered',
    (reason: unknown) => reason,
  )
  if (!(error instanceof EgressError)) throw new Error(`not refused: ${String(error)}`)
  return error
}

async function codesOf(attempt: Promise<unknown>): Promise<string> {
  const { code, tenantCode } = await failureOf(attempt)
  return `${code} ${tenantCode}`
}

describe('an outbound call', () => {
  it('carries method, headers and body, and brings status, headers and body', async () => {
    const { port } = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.writeHead(418, { 'X-Seen': `${request.method} ${request.url} ${String(request.headers['x-key'])}` })
        response.end(Buffer.concat(chunks))
      })
    })
    const sent = requestTo(`http://127.0.0.1:${port}/a?b=c`, {
      method: 'POST',
      headers: { 'X-Key': 'k' },
      body: 'bödy',
    })
    const answer = await openEgress().request(sent)
    expect(answer).toMatchObject({ status: 418, body: 'bödy', headers: { 'x-seen': 'POST /a?b=c k' } })
    expect(answer.durationMs).toBeGreaterThanOrEqual(0)
  })

  it.each([301, 302, 303, 307, 308])('does not follow a redirect: %d is the answer', async (status) => {
    const inside = await serve((_, response) => response.end('inside'))
    const { port } = await serve((_, response) => {
      response.writeHead(status, { location: `http://127.0.0.1:${inside.port}/` })
      response.end()
    })
    const answer = await openEgress().request(requestTo(`http://127.0.0.1:${port}/`))
    expect([answer.status, inside.connections()]).toEqual([status, 0])
  })

  it('takes a body of exactly the cap and refuses one byte more, announced or not', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/announced') response.setHeader('content-length', 1_001)
      response.end('x'.repeat(request.url === '/fits' ? 1_000 : 1_001))
    })
    const egress = openEgress()
    expect((await egress.request(requestTo(`http://127.0.0.1:${port}/fits`))).body).toHaveLength(1_000)
    for (const path of ['announced', 'chunked']) {
      expect(await codesOf(egress.request(requestTo(`http://127.0.0.1:${port}/${path}`)))).toBe(
        'body_too_large body_too_large',
      )
    }
  })

  it('stops reading an endless body at the cap', async () => {
    const { port } = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1_024)));
      }
      response.on('drain', more)
      more()
    })
    expect(await codesOf(openEgress().request(requestTo(`http://127.0.0.1:${port}/`)))).toBe(
      'body_too_large body_too_large',
    )
  })

  it.each([
    ['gzip', gzipSync('0'.repeat(500_000))],
    ['br', brotliCompressSync('0'.repeat(50_000_000))],
    ['gzip, gzip', gzipSync(gzipSync('0'.repeat(10_000_000)))],
  ])('neither asks for compression nor expands a bomb of %s', async (encoding, bomb) => {
    const asked: unknown[] = []
    const { port } = await serve((request, response) => {
      asked.push(request.headers['accept-encoding'])
      response.writeHead(200, { 'content-encoding': encoding })
      response.end(bomb)
    })
    const answer = await openEgress().request(requestTo(`http://127.0.0.1:${port}/`))
    expect(asked).toEqual([undefined])
    expect(answer.body.length).toBeLessThanOrEqual(bomb.length)
  })

  it('answers with the first redirect of a chain, wherever it leads', async () => {
    const paths: (string | undefined)[] = []
    const { port } = await serve((request, response) => {
      paths.push(request.url)
      const next = ['http://169.254.169.254/latest/meta-data/', 'file:///etc/passwd', '//127.0.0.1/', '/again']
      response.writeHead(302, { location: next[paths.length % next.length], refresh: '0; url=/again' }).end()
    })
    expect((await openEgress().request(requestTo(`http://127.0.0.1:${port}/`))).status).toBe(302)
    expect(paths).toEqual(['/'])
  })

  it('ends when the answer does not begin in time', async () => {
    const { port } = await serve(() => undefined)
    expect(await codesOf(openEgress().request(requestTo(`http://127.0.0.1:${port}/`, { timeoutMs: 100 })))).toBe(
      'timeout timeout',
    )
  })

  it('ends when the answer does not end in time, even if it keeps dripping', async () => {
    const { port } = await serve((_, response) => {
      const drip = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(drip))
    })
    expect(await codesOf(openEgress().request(requestTo(`http://127.0.0.1:${port}/`, { timeoutMs: 200 })))).toBe(
      'timeout timeout',
    )
  })

  it('is a lost connection when the answer breaks off, before or after its head', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/late') {
        response.writeHead(200, { 'content-length': 100 })
        response.write('half', () => response.destroy())
      } else response.destroy()
    })
    const egress = openEgress()
    for (const path of ['early', 'late']) {
      expect(await codesOf(egress.request(requestTo(`http://127.0.0.1:${port}/${path}`)))).toBe(
        'connection_lost connection_lost',
      )
    }
  })

  it('refuses what is not HTTP, and a head without end', async () => {
    const { port } = await listen(
      createTcpServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.6\r\n')),
    )
    expect(await codesOf(openEgress().request(requestTo(`http://127.0.0.1:${port}/`)))).toBe(
      'invalid_response invalid_response',
    )
    const large = await serve((_, response) => response.writeHead(200, { 'x-large': 'x'.repeat(20_000) }).end())
    expect(await codesOf(openEgress().request(requestTo(`http://127.0.0.1:${large.port}/`)))).toBe(
      'body_too_large body_too_large',
    )
  })

  it('ends when the caller gives up', async () => {
    const controller = new AbortController()
    const { port } = await serve(() => controller.abort())
    const attempt = openEgress().request(requestTo(`http://127.0.0.1:${port}/`, { signal: controller.signal }))
    expect(await codesOf(attempt)).toBe('aborted connection_lost')
  })

  it('tells the tenant the same of a refused, a blocked, an unresolved and an unencrypted connection', async () => {
    const { port } = await serve((_, response) => response.end())
    const silent = createTcpServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port: closedPort } = silent.address() as AddressInfo
    await new Promise((resolve) => silent.close(resolve))
    const unresolved = openEgress({ resolve: () => Promise.reject(new Error('ENOTFOUND')) })
    const codes = await Promise.all([
      codesOf(openEgress().request(requestTo(`http://127.0.0.1:${closedPort}/`))),
      codesOf(openEgress().request(requestTo('http://10.0.0.1/'))),
      codesOf(unresolved.request(requestTo('http://rpc.example/'))),
      codesOf(openEgress().request(requestTo(`https://127.0.0.1:${port}/`))),
    ])
    expect(codes).toEqual([
      'connect_failed unreachable',
      'blocked_address unreachable',
      'dns_failure unreachable',
      'tls_failure unreachable',
    ])
  })
})

describe('the URL of an outbound call', () => {
  it.each([
    ['http://2130706433/', '127.0.0.1'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['http://017700000001/', '127.0.0.1'],
    ['http://127.1/', '127.0.0.1'],
    ['http://127。0。0。1/', '127.0.0.1'],
    ['http://①②⑦.⓪.⓪.①/', '127.0.0.1'],
    ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
    ['http://0/', '0.0.0.0'],
    ['http://localhost./', '127.0.0.1'],
    ['http://LOCALHOST/', '127.0.0.1'],
    ['http://127.0.0.1.nip.io/', '127.0.0.1'],
    ['http://evil.com\\@127.0.0.1/', '127.0.0.1'],
  ])('%s is judged as what it leads to, and dialled by nobody', async (url) => {
    const { egress, dialled } = openOffline()
    expect(await codesOf(egress.request(requestTo(url)))).toBe('blocked_address unreachable')
    expect(dialled).toEqual([])
  })

  it('http://xn--/ is refused and never dialled, whether Node parses it (24) or not (20)', async () => {
    const { egress, dialled } = openOffline()
    expect(['invalid_url invalid_url', 'blocked_address unreachable']).toContain(
      await codesOf(egress.request(requestTo('http://xn--/'))),
    )
    expect(dialled).toEqual([])
  })

  it.each([
    'http://foo@127.0.0.1:80@evil.com/',
    'http://127.0.0.1%2f@x/',
    'http://user:pass@rpc.example/',
    'http://user@rpc.example/',
    'http://:pass@rpc.example/',
    'http://a.b.c.d:99999/',
    'http://[fe80::1%25eth0]/',
    'http://',
    'http:///',
    '/relative',
    '',
    'file:///etc/passwd',
    'ftp://rpc.example/',
    'ws://rpc.example/',
    'data:text/plain,x',
    'javascript:1',
  ])('%s is refused before anything is resolved', async (url) => {
    const { egress, dialled, resolved } = openOffline()
    expect(await codesOf(egress.request(requestTo(url)))).toBe('invalid_url invalid_url')
    expect([dialled, resolved]).toEqual([[], []])
  })

  it('appears in no message of a failure, nor do its parts', async () => {
    const { port } = await serve((request, response) => {
      if (request.url?.startsWith('/lost')) response.destroy()
      else response.end('x'.repeat(2_000))
    })
    const egress = openEgress()
    const failures = await Promise.all(
      [
        `http://127.0.0.1:${port}/lost/s3cret?key=s3cret`,
        `http://127.0.0.1:${port}/large/s3cret?key=s3cret`,
        'http://10.0.0.1/s3cret',
        'http://s3cret:s3cret@rpc.example/',
        'ftp://rpc.example/s3cret',
        'not a URL s3cret',
      ].map((url) => failureOf(egress.request(requestTo(url)))),
    )
    for (const error of failures) {
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/s3cret|127\.0\.0\.1|10\.0\.0\.1|rpc\.example/)
    }
  })
})

describe('without an allowed range', () => {
  it('a server on loopback gets no connection, however it is named', async () => {
    const canary = await serve((_, response) => response.end('inside'))
    const hosts = ['127.0.0.1', 'localhost', 'LOCALHOST.', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '127.1', '0']
    const egress = openEgress({ allow: [] })
    for (const host of hosts) {
      const failure = await failureOf(egress.request(requestTo(`http://${host}:${canary.port}/`)))
      expect([host, failure.tenantCode]).toEqual([host, 'unreachable'])
    }
    expect(canary.connections()).toBe(0)
  })

  it('a name that resolves to loopback leads nowhere', async () => {
    const canary = await serve((_, response) => response.end('inside'))
    const egress = openEgress({ allow: [], resolve: async () => ['127.0.0.1'] })
    expect(await codesOf(egress.request(requestTo(`http://public.example:${canary.port}/`)))).toBe(
      'blocked_address unreachable',
    )
    expect(canary.connections()).toBe(0)
  })
})

/** Names lead to loopback, and sockets are counted instead of opened. */
function openOffline() {
  const dialled: string[] = []
  const resolved: string[] = []
  const egress = openEgress({
    allow: [],
    resolve: async (hostname) => {
      resolved.push(hostname)
      return ['127.0.0.1']
    },
    dial: ({ address }, callback) => {
      dialled.push(address)
      callback(new Error('nothing is dialled here'), null)
    },
  })
  return { egress, dialled, resolved }
}
