import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { freePort } from '../free-port.ts'
import type { StellarFaults } from './faults.ts'
import { createSpoiler } from './node-methods.ts'
import type { NodeMethods } from './recorded.ts'
import { errorCode, NodeError } from './rpc-error.ts'
import { readParams } from './rpc-params.ts'

export type NodeServer = { url: string; requests: Map<string, number>; close(): Promise<void> }

type Serving = { methods: NodeMethods; faults: StellarFaults; port?: number | undefined }

/** JSON-RPC 2.0 over HTTP on the loopback address. */
export async function startNodeServer({ methods, faults, port: wantedPort }: Serving): Promise<NodeServer> {
  const requests = new Map<string, number>()
  const spoil = createSpoiler(faults)

  const answer = (body: string): unknown => {
    const request = parseRequest(body)
    if (request === undefined) return failure(null, errorCode.parse, 'invalid request value')
    const { id, method, params } = request
    requests.set(method, (requests.get(method) ?? 0) + 1)
    if (faults.error?.method === method) return failure(id, faults.error.code, faults.error.message)
    const handler = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (handler === undefined) return failure(id, errorCode.noMethod, `no such method ${JSON.stringify(method)}`)
    try {
      return { jsonrpc: '2.0', id, result: spoil(method, handler(readParams(params))) }
    } catch (error) {
      if (error instanceof NodeError) return failure(id, error.code, error.message)
      return failure(id, errorCode.internal, String(error))
    }
  }

  const receive = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await read(incoming)
    if (faults.tooManyRequests > 0) {
      faults.tooManyRequests -= 1
      count(requests, body)
      outgoing.writeHead(429, { 'retry-after': '0' }).end('too many requests')
    } else if (faults.httpStatus !== undefined) {
      count(requests, body)
      outgoing.writeHead(faults.httpStatus).end()
    } else {
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(body)))
    }
  }

  const server = createServer((incoming, outgoing) => {
    receive(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  const port = wantedPort ?? (await freePort())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function count(requests: Map<string, number>, body: string): void {
  const method = parseRequest(body)?.method
  if (method !== undefined) requests.set(method, (requests.get(method) ?? 0) + 1)
}

function parseRequest(body: string): { id: unknown; method: string; params: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null || !('method' in parsed)) return undefined
    if (typeof parsed.method !== 'string') return undefined
    return {
      id: 'id' in parsed ? parsed.id : null,
      method: parsed.method,
      params: 'params' in parsed ? parsed.params : undefined,
    }
  } catch {
    return undefined
  }
}

function failure(id: unknown, code: number, message: string) {
  return { jsonrpc: '2.0', id, error: { code, message } }
}

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
