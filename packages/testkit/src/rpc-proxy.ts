import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { freePort } from './free-port.ts'

export type RpcRequest = { id: unknown; method: string; params: unknown }

/** What the proxy answers instead of the node; undefined lets the node answer. */
export type RpcInterception =
  | { result: unknown }
  | { error: { code: number; message: string } }
  | { status: number; body?: string; headers?: Record<string, string> }
  /** Rewrites the node's own result. */
  | { map: (result: unknown) => unknown }
  | { delayMs: number }
  | { hangUp: true }

export type RpcProxy = {
  url: string
  /** JSON-RPC calls by method since the last reset. */
  counts: Map<string, number>
  reset(): void
  /** Forwards to another node from now on. */
  setTarget(target: string): void
  intercept(rule: ((request: RpcRequest) => RpcInterception | undefined) | undefined): void
  stop(): Promise<void>
}

/** Stands before a chain node: counts calls by method and can lie, fail, delay or hang up. */
export async function startRpcProxy({ target: firstTarget }: { target: string }): Promise<RpcProxy> {
  const counts = new Map<string, number>()
  let target = firstTarget
  let rule: ((request: RpcRequest) => RpcInterception | undefined) | undefined

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await read(incoming)
    const request = parseRequest(body)
    counts.set(request.method, (counts.get(request.method) ?? 0) + 1)
    const interception = rule?.(request)
    if (interception === undefined) return forward(outgoing, target, body)
    if ('hangUp' in interception) {
      incoming.socket.destroy()
      return
    }
    if ('delayMs' in interception) {
      await new Promise((resolve) => setTimeout(resolve, interception.delayMs).unref())
      return forward(outgoing, target, body)
    }
    if ('status' in interception) {
      outgoing.writeHead(interception.status, interception.headers)
      outgoing.end(interception.body ?? '')
      return
    }
    if ('map' in interception) return forward(outgoing, target, body, interception.map)
    send(outgoing, { jsonrpc: '2.0', id: request.id, ...interception })
  }

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  const port = await freePort()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    reset: () => counts.clear(),
    setTarget: (next) => {
      target = next
    },
    intercept: (next) => {
      rule = next
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}

function parseRequest(body: string): RpcRequest {
  const parsed: unknown = JSON.parse(body)
  if (typeof parsed !== 'object' || parsed === null || !('method' in parsed)) throw new Error('not a JSON-RPC request')
  return {
    id: 'id' in parsed ? parsed.id : null,
    method: String(parsed.method),
    params: 'params' in parsed ? parsed.params : undefined,
  }
}

async function forward(
  outgoing: ServerResponse,
  target: string,
  body: string,
  map?: (result: unknown) => unknown,
): Promise<void> {
  const response = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answer: unknown = await response.json()
  if (map !== undefined && typeof answer === 'object' && answer !== null && 'result' in answer) {
    send(outgoing, { ...answer, result: map(answer.result) })
  } else send(outgoing, answer)
}

function send(outgoing: ServerResponse, answer: unknown): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify(answer))
}
