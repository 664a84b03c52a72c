import type { JsonValue } from '@smt/engine'
import type { ChainIdentity } from './chain-identity.ts'
import { createEndpointRotation, type Endpoint, type RpcEndpoint } from './endpoint-rotation.ts'
import { chooseFailure } from './choose-failure.ts'
import type { HttpPost } from './http-post.ts'
import { RpcError, type RpcErrorCode } from './rpc-error.ts'
import { createRpcRequest, type RpcParams } from './rpc-request.ts'
import { untilAborted } from './until-aborted.ts'

export type RpcCallOptions = { signal?: AbortSignal | undefined }

/** Asks one endpoint, always the same. Throws RpcError, or what `parse` threw if that is no complaint about the answer. */
export type EndpointCall = <T>(method: string, params: RpcParams, parse: (result: JsonValue) => T) => Promise<T>

export type RpcPool = {
  /**
   * Calls a JSON-RPC method and answers what `parse` makes of the result. Endpoints are asked one after another, each at
   * most once, until `parse` accepts an answer; `parse` refuses one by throwing ChainDataError or RpcError, and any other
   * error it throws ends the call. Numbers in the result have lost no digits.
   *
   * @throws RpcError: of the endpoint with the highest weight when all failed, else `no_endpoints` or `aborted`. It is
   * `outside_retention` only when no endpoint can have the data (chooseFailure).
   */
  call<T>(method: string, params: RpcParams, parse: (result: JsonValue) => T, options?: RpcCallOptions): Promise<T>
  /**
   * For answers that must belong together: does the whole of `work` with one endpoint, and again from its start with the
   * next one whenever an RpcError ends it, also one that `work` throws because answers contradict each other.
   *
   * @throws RpcError as `call` does.
   */
  withOneEndpoint<T>(work: (call: EndpointCall) => Promise<T>, options?: RpcCallOptions): Promise<T>
  /**
   * The same nodes for calls that must agree with one another, made one after another: the endpoint that answers the
   * first one answers all of them, and its failure is theirs.
   */
  pinned(): Pick<RpcPool, 'call'>
}

export type RpcPoolOptions = {
  endpoints: readonly RpcEndpoint[]
  post: HttpPost
  /** Each endpoint must pass this check before its first use and before its first use after a failure. */
  identity?: ChainIdentity | undefined
  /** For one HTTP request; 10 000 by default. */
  timeoutMs?: number
  /** For one response; 32 MiB by default. */
  maxBodyBytes?: number
  /** The time in milliseconds; only differences matter. */
  now: () => number
  /** Told the outcome of each HTTP request, also of those that asked which chain it is. */
  onRequest?: (method: string, outcome: 'ok' | RpcErrorCode) => void
}

const MEBIBYTE = 1_048_576

/**
 * One network's endpoints as a single node. A failed endpoint goes behind the others for 1 s, doubling up to 60 s while
 * it fails again, and is then first again; when all are in that back-off they are asked nevertheless.
 */
export function createRpcPool(options: RpcPoolOptions): RpcPool {
  const { endpoints, post, identity, timeoutMs = 10_000, maxBodyBytes = 32 * MEBIBYTE, now } = options
  const send = createRpcRequest({ post, timeoutMs, maxBodyBytes, onRequest: options.onRequest ?? (() => undefined) })
  const rotation = createEndpointRotation(endpoints, now)

  /** Calls at the same time share this request, so it does not end with the signal of one of them. */
  async function identify(url: string, { method, params, check }: ChainIdentity): Promise<void> {
    await send({ url, method, params, parse: check })
  }

  async function ask<T>(endpoint: Endpoint, request: Omit<Parameters<typeof send<T>>[0], 'url'>): Promise<T> {
    if (identity !== undefined) await endpoint.identified(() => identify(endpoint.url, identity))
    if (request.signal?.aborted === true) throw new RpcError('aborted', request.method)
    return send({ ...request, url: endpoint.url })
  }

  async function tryEach<T>(
    candidates: readonly Endpoint[],
    work: (endpoint: Endpoint) => Promise<T>,
    { signal, method }: RpcCallOptions & { method?: string },
  ): Promise<T> {
    const isAborted = () => signal?.aborted === true
    const toAborted = () => new RpcError('aborted', method)
    const failures = new Map<Endpoint, RpcError>()
    for (const endpoint of candidates) {
      if (isAborted()) throw toAborted()
      try {
        const answer = await untilAborted(signal, work(endpoint), toAborted)
        endpoint.succeeded()
        return answer
      } catch (error) {
        if (isAborted()) throw toAborted()
        if (!(error instanceof RpcError)) throw error
        // A node that keeps only so many ledgers is sound, and first again for the next one.
        if (error.code !== 'outside_retention') endpoint.failed()
        failures.set(endpoint, error)
      }
    }
    const byWeight = rotation.byWeight.flatMap((endpoint) => failures.get(endpoint) ?? [])
    throw chooseFailure(byWeight) ?? new RpcError('no_endpoints', method)
  }

  const callOneOf =
    (candidates: () => readonly Endpoint[], onAnswer: (endpoint: Endpoint) => void): RpcPool['call'] =>
    (method, params, parse, { signal } = {}) => {
      const work = async (endpoint: Endpoint) => {
        const answer = await ask(endpoint, { method, params, parse, signal })
        onAnswer(endpoint)
        return answer
      }
      return tryEach(candidates(), work, { signal, method })
    }

  return {
    call: callOneOf(rotation.order, () => undefined),
    withOneEndpoint(work, { signal } = {}) {
      const workWith = (endpoint: Endpoint) =>
        work((method, params, parse) => ask(endpoint, { method, params, parse, signal }))
      return tryEach(rotation.order(), workWith, { signal })
    },
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
