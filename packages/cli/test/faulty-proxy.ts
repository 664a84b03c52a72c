import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `refuse`: an answer 500 instead of the server's. `lose`: the server does it, but its answer never arrives. */
export type Fault = 'refuse' | 'lose' | undefined

export type FaultyProxy = {
  url: string
  /** Decides on each request, as `POST /monitors {…}`. */
  setFault(decide: (method: string, path: string, body: string) => Fault): void
  stop(): Promise<void>
}

/** Stands between the command line and a real server. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let decide: Parameters<FaultyProxy['setFault']>[0] = () => undefined
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await textOf(incoming)
      const path = (incoming.url ?? '').replace(/^\/api\/v1\/tenants\/[^/]+/, '')
      const fault = decide(incoming.method ?? '', path, body)
      if (fault === 'refuse') {
        outgoing.writeHead(500, { 'content-type': 'application/problem+json' })
        outgoing.end(JSON.stringify({ code: 'internal_error', detail: 'Something went wrong here.' }))
        return
      }
      const forwarded = request(target + (incoming.url ?? ''), { method: incoming.method, headers: incoming.headers })
      forwarded.on('error', () => outgoing.destroy())
      forwarded.on('response', (response) => {
        if (fault === 'lose') {
          response.resume().on('end', () => outgoing.destroy())
          return
        }
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      })
      forwarded.end(body)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setFault: (next) => (decide = next),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
