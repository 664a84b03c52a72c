import type { JsonValue } from '@smt/engine'
import { createEndpointRotation, type Endpoint, type RpcEndpoint } from './endpoint-rotation.ts'
import type { HttpPost } from './http-post.ts'
import { parseHexQuantity } from './hex-quantity.ts'
import { RpcError, type RpcErrorCode } from './rpc-error.ts'
import { createRpcRequest } from './rpc-request.ts'
import { untilAborted } from './until-aborted.ts'

export type RpcCallOptions = { signal?: AbortSignal | undefined }

export type RpcPool = {
  /**
   * Calls a JSON-RPC method and answers what `parse` makes of the result. Endpoints are asked one after another, each at
   * most once, until `parse` accepts an answer; `parse` refuses one by throwing ChainDataError or RpcError, and any other
   * error it throws ends the call. Numbers in the result have lost no digits.
   *
   * @throws RpcError: of the endpoint with the highest weight when all failed, else `no_endpoints` or `aborted`.
   */
  call<T>(
    method: string,
    params: readonly JsonValue[],
    parse: (result: JsonValue) => T,
    options?: RpcCallOptions,
  ): Promise<T>
  /**
   * The same nodes for calls that must agree with one another, made one after another: the endpoint that answers the
   * first one answers all of them, and its failure is theirs.
   */
  pinned(): Pick<RpcPool, 'call'>
}

export type RpcPoolOptions = {
  endpoints: readonly RpcEndpoint[]
  post: HttpPost
  /** Each endpoint must answer this to eth_chainId before its first use and before its first use after a failure. */
  expectedChainId?: bigint | undefined
  /** For one HTTP request; 10 000 by default. */
  timeoutMs?: number
  /** For one response; 32 MiB by default. */
  maxBodyBytes?: number
  /** The time in milliseconds; only differences matter. */
  now: () => number
  /** Told the outcome of each HTTP request, also of those that asked for the chain id. */
  onRequest?: (method: string, outcome: 'ok' | RpcErrorCode) => void
}

const MEBIBYTE = 1_048_576

/**
 * One network's endpoints as a single node. A failed endpoint goes behind the others for 1 s, doubling up to 60 s while
 * it fails again, and is then first again; when all are in that back-off they are asked nevertheless.
 */
export function createRpcPool(options: RpcPoolOptions): RpcPool {
  const { endpoints, post, expectedChainId, timeoutMs = 10_000, maxBodyBytes = 32 * MEBIBYTE, now } = options
  const send = createRpcRequest({ post, timeoutMs, maxBodyBytes, onRequest: options.onRequest ?? (() => undefined) })
  const rotation = createEndpointRotation(endpoints, now)

  /** Calls at the same time share this request, so it does not end with the signal of one of them. */
  async function checkChainId(url: string): Promise<void> {
    const method = 'eth_chainId'
    const parse = (result: JsonValue) => {
      if (parseHexQuantity(result, 64) !== expectedChainId) throw new RpcError('wrong_chain_id', method)
    }
    await send({ url, method, params: [], parse })
  }

  async function ask<T>(endpoint: Endpoint, request: Omit<Parameters<typeof send<T>>[0], 'url'>): Promise<T> {
    if (expectedChainId !== undefined) await endpoint.identified(() => checkChainId(endpoint.url))
    if (request.signal?.aborted === true) throw new RpcError('aborted', request.method)
    return send({ ...request, url: endpoint.url })
  }

  const callOneOf =
    (candidates: () => readonly Endpoint[], onAnswer: (endpoint: Endpoint) => void): RpcPool['call'] =>
    async (method, params, parse, { signal } = {}) => {
      const isAborted = () => signal?.aborted === true
      const toAborted = () => new RpcError('aborted', method)
      const failures = new Map<Endpoint, RpcError>()
      for (const endpoint of candidates()) {
        if (isAborted()) throw toAborted()
        try {
          const answer = await untilAborted(signal, ask(endpoint, { method, params, parse, signal }), toAborted)
          endpoint.succeeded()
          onAnswer(endpoint)
          return answer
        } catch (error) {
          if (isAborted()) throw toAborted()
          if (!(error instanceof RpcError)) throw error
          endpoint.failed()
          failures.set(endpoint, error)
        }
      }
      const weightiest = rotation.byWeight.find((endpoint) => failures.has(endpoint))
      throw (weightiest && failures.get(weightiest)) ?? new RpcError('no_endpoints', method)
    }

  return {
    call: callOneOf(rotation.order, () => undefined),
    pinned() {
      let pin: Endpoint | undefined
      return {
        call: callOneOf(
          () => (pin === undefined ? rotation.order() : [pin]),
          (endpoint) => (pin ??= endpoint),
        ),
      }
    },
  }
}
