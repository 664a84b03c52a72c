import { stringifyJson, type JsonObject, type JsonValue } from '@smt/engine'
import { postFailureCode, type HttpPost } from './http-post.ts'
import { readJsonRpcResult } from './json-rpc-response.ts'
import { RpcError, toAnswerError, type RpcErrorCode } from './rpc-error.ts'

/** Positional or named; undefined leaves the member out, as JSON-RPC nodes of Stellar want it. */
export type RpcParams = readonly JsonValue[] | JsonObject | undefined

export type RpcRequest<T> = {
  url: string
  method: string
  params: RpcParams
  parse: (result: JsonValue) => T
  signal?: AbortSignal | undefined
}

/** Asks one endpoint once. Throws RpcError, or what `parse` threw if that is no complaint about the answer. */
export type SendRpcRequest = <T>(request: RpcRequest<T>) => Promise<T>

export type RpcRequestOptions = {
  post: HttpPost
  timeoutMs: number
  maxBodyBytes: number
  /** Called once for each HTTP request, when its outcome is known. */
  onRequest: (method: string, outcome: 'ok' | RpcErrorCode) => void
}

/** Numbers the requests it sends, so that an answer to another one is noticed. */
export function createRpcRequest({ post, timeoutMs, maxBodyBytes, onRequest }: RpcRequestOptions): SendRpcRequest {
  let lastId = 0

  async function receive(id: number, { url, method, params, signal }: RpcRequest<unknown>): Promise<JsonValue> {
    const body = stringifyJson({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) })
    const headers = { 'content-type': 'application/json' }
    let response: Awaited<ReturnType<HttpPost>>
    try {
      response = await post({ url, headers, body, timeoutMs, maxBodyBytes, signal })
    } catch (error) {
      throw new RpcError(signal?.aborted === true ? 'aborted' : postFailureCode(error), method)
    }
    return readJsonRpcResult({ id, method }, response)
  }

  return async (request) => {
    lastId += 1
    try {
      const result = await receive(lastId, request)
      const answer = parseResult(request, result)
      onRequest(request.method, 'ok')
      return answer
    } catch (error) {
      if (error instanceof RpcError) onRequest(request.method, error.code)
      throw error
    }
  }
}

function parseResult<T>({ method, parse }: RpcRequest<T>, result: JsonValue): T {
  try {
    return parse(result)
  } catch (error) {
    throw toAnswerError(error, method, result === null) ?? error
  }
}
