import { JsonNumber, JsonSyntaxError, parseJson, type JsonValue } from '@smt/engine'
import { z } from 'zod'
import { findRangeRefusal } from './range-refusal.ts'
import { RpcError } from './rpc-error.ts'

type JsonRpcRequest = { id: number; method: string }

/**
 * The result of a JSON-RPC 2.0 response, which may be null. A result counts only with a 2xx status; an error object
 * explains any status but 429 and 3xx.
 *
 * @throws RpcError `rate_limited`, `http_status`, `rpc_error`, `outside_retention` (range-refusal.ts) or `invalid_response`.
 */
export function readJsonRpcResult(
  { id, method }: JsonRpcRequest,
  { status, body }: { status: number; body: string },
): JsonValue {
  if (status === 429) throw new RpcError('rate_limited', method, { detail: 'status 429' })
  const isSuccess = status >= 200 && status < 300
  const statusError = new RpcError('http_status', method, { detail: `status ${status}` })
  if (!isSuccess && status < 400) throw statusError
  const answer = readAnswer(id, body)
  if (!isSuccess && !('rpcCode' in answer)) throw statusError
  if ('problem' in answer) throw new RpcError('invalid_response', method, { detail: answer.problem })
  if ('result' in answer) return answer.result
  const { rpcCode, refusal } = answer
  const code = refusal !== undefined ? 'outside_retention' : rpcCode === LIMIT_EXCEEDED ? 'rate_limited' : 'rpc_error'
  throw new RpcError(code, method, { detail: `code ${rpcCode}`, rpcCode, range: refusal?.range })
}

/** EIP-1474: "Request exceeds defined limit". */
const LIMIT_EXCEEDED = -32005

const errorSchema = z.object({ code: z.int(), message: z.string().catch('') })

type Answer =
  | { result: JsonValue }
  | { rpcCode: number; refusal: ReturnType<typeof findRangeRefusal> }
  | { problem: string }

function readAnswer(id: number, body: string): Answer {
  const response = parseBody(body)
  if (response === undefined) return { problem: 'not JSON' }
  if (!isJsonObject(response)) return { problem: 'not an object' }
  if (response['id'] !== id && response['id'] !== String(id)) return { problem: 'the id of another request' }
  const { result } = response
  // Some nodes send both members, the one that does not apply as null.
  const error = response['error'] === null && result !== undefined ? undefined : response['error']
  if ((result === undefined) === (error === undefined)) return { problem: 'not exactly one of result and error' }
  if (result !== undefined) return { result }
  const { data } = errorSchema.safeParse(error)
  if (data === undefined) return { problem: 'an error without a code' }
  return { rpcCode: data.code, refusal: findRangeRefusal(data.code, data.message) }
}

/** A syntax error is not passed on, because it can quote a key of the document. */
function parseBody(body: string): JsonValue | undefined {
  try {
    return parseJson(body)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

/** Whether a JSON value is an object, not an array and not a number that keeps its digits. */
export function isJsonObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}
