import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { freePort } from './free-port.ts'

export type ReceivedRequest = {
  method: string
  path: string
  headers: Record<string, string>
  body: string
  /** Milliseconds since the epoch, when the body was complete. */
  receivedAt: number
}

export type ReceiverBehaviour = (request: ReceivedRequest) => {
  status: number
  body?: string
  headers?: Record<string, string>
  /** Answers only after this time; the request counts as received at once. */
  delayMs?: number
  /** Ends the connection without an answer. */
  hangUp?: boolean
}

export type Receiver = {
  url: string
  requests: ReceivedRequest[]
  onRequest(listener: (request: ReceivedRequest) => void): void
  setBehaviour(behaviour: ReceiverBehaviour): void
  /** The first request that fits, one that has come already included. */
  waitFor(predicate: (request: ReceivedRequest) => boolean, options?: { timeoutMs?: number }): Promise<ReceivedRequest>
  stop(): Promise<void>
}

/** The far end of a webhook: records every request on the loopback address and answers as told. */
export async function startReceiver(options: { respond?: ReceiverBehaviour; port?: number } = {}): Promise<Receiver> {
  const { respond } = options
  const requests: ReceivedRequest[] = []
  const listeners = new Set<(request: ReceivedRequest) => void>()
  let behaviour: ReceiverBehaviour = respond ?? (() => ({ status: 200 }))

  const server = createServer((incoming, outgoing) => {
    void receive(incoming).then((request) => {
      requests.push(request)
      const answer = behaviour(request)
      for (const listener of listeners) listener(request)
      if (answer.hangUp === true) incoming.socket.destroy()
      else if (answer.delayMs === undefined) reply(outgoing, answer)
      else setTimeout(() => reply(outgoing, answer), answer.delayMs).unref()
    })
  })
  const port = options.port ?? (await freePort())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    onRequest: (listener) => {
      listeners.add(listener)
    },
    setBehaviour: (next) => {
      behaviour = next
    },
    waitFor: async (predicate, { timeoutMs = 10_000 } = {}) => {
      const known = requests.find(predicate)
      if (known !== undefined) return known
      return new Promise((resolve, reject) => {
        const listener = (request: ReceivedRequest) => {
          if (!predicate(request)) return
          finish()
          resolve(request)
        }
        const timer = setTimeout(() => {
          finish()
          reject(new Error(`no such request came within ${timeoutMs} ms; ${requests.length} others did`))
        }, timeoutMs)
        const finish = () => {
          clearTimeout(timer)
          listeners.delete(listener)
        }
        listeners.add(listener)
      })
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk as Uint8Array))
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks).toString('utf8'),
    receivedAt: Date.now(),
  }
}

function reply(outgoing: ServerResponse, answer: ReturnType<ReceiverBehaviour>): void {
  outgoing.writeHead(answer.status, answer.headers)
  outgoing.end(answer.body ?? '')
}
