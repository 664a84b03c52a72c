import { ChainDataError, parseJson, stringifyJson, type JsonValue } from '@smt/engine'
import { isJsonObject } from '../json-rpc-response.ts'
import { evmIdentity, type ChainIdentity } from '../chain-identity.ts'
import type { HttpPost } from '../http-post.ts'
import type { RpcErrorCode } from '../rpc-error.ts'
import { createRpcPool, type RpcPool } from '../rpc-pool.ts'

/** What a node does with one request: a result, a JSON-RPC error, a raw HTTP answer, or a failure of the transport. */
export type NodeAnswer =
  | { result: unknown }
  | { error: unknown }
  | { status: number; body: string }
  | { thrown: Error }
  | { pending: true }

export type NodeRequest = {
  node: string
  method: string
  params: JsonValue
  id: JsonValue
  signal: AbortSignal | undefined
}
export type Node = (request: NodeRequest) => NodeAnswer

export const result = (value: unknown): NodeAnswer => ({ result: value })
export const rpcError = (code: unknown): NodeAnswer => ({ error: { code, message: secretText } })

/** A node that is down, and one that answers every method with its own name. */
export const down: Node = () => ({ thrown: new Error('connection refused') })
export const up: Node = ({ node }) => result(node)

/** A node that knows one answer for each method. */
export const answering =
  (answers: Record<string, NodeAnswer>): Node =>
  ({ method }) =>
    answers[method] ?? rpcError(-32601)

export function parseText(answer: JsonValue): string {
  if (typeof answer !== 'string') throw new ChainDataError('/text', 'must be text')
  return answer
}

/** In every URL and in every text that a scripted node writes: no message may contain it. */
export const secretText = 'api-key-4711'
export const urlOf = (node: string): string => `https://${node}.example/${secretText}`

export type ScriptedPool = {
  pool: RpcPool
  /** `node:method` of each request so far; reading clears it. */
  takeCalls: () => string[]
  requests: NodeRequest[]
  outcomes: [string, 'ok' | RpcErrorCode][]
  clock: { ms: number }
}

type PoolParts = { weights?: Record<string, number>; expectedChainId?: bigint; identity?: ChainIdentity }

/** A pool whose far end of HTTP are functions: one node for each name, with weight 1 unless told. */
export function scriptedPool(
  nodes: Record<string, Node>,
  { weights = {}, expectedChainId, identity }: PoolParts = {},
): ScriptedPool {
  const requests: NodeRequest[] = []
  const outcomes: [string, 'ok' | RpcErrorCode][] = []
  const clock = { ms: 1_000_000 }
  let taken = 0

  const post: HttpPost = async ({ url, body, signal }) => {
    const node = new URL(url).hostname.replace('.example', '')
    const request = parseJson(body)
    if (!isJsonObject(request)) throw new Error('a request must be an object')
    const { id = null, method, params = null } = request
    if (typeof method !== 'string') throw new Error('a request must name its method')
    const sent = { node, method, params, id, signal }
    requests.push(sent)
    const answer = nodes[node]!(sent)
    if ('thrown' in answer) throw answer.thrown
    if ('pending' in answer) return new Promise(() => undefined)
    if ('status' in answer) return { headers: {}, ...answer }
    return { status: 200, headers: {}, body: stringifyJson({ jsonrpc: '2.0', id, ...answer }) }
  }

  const pool = createRpcPool({
    endpoints: Object.keys(nodes).map((node) => ({ url: urlOf(node), weight: weights[node] ?? 1 })),
    post,
    identity: expectedChainId === undefined ? identity : evmIdentity(expectedChainId),
    now: () => clock.ms,
    onRequest: (method, outcome) => outcomes.push([method, outcome]),
  })
  const takeCalls = () => {
    const calls = requests.slice(taken).map(({ node, method }) => `${node}:${method}`)
    taken = requests.length
    return calls
  }
  return { pool, takeCalls, requests, outcomes, clock }
}
