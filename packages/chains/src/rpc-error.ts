import { ChainDataError } from '@smt/engine'

/**
 * Why a chain node gave no usable answer.
 *
 * - `unreachable`, `timeout`, `too_large`: no response, none in time, or more than the limit (bytes, or logs of a block).
 * - `http_status`: a status outside 2xx; `rate_limited`: status 429 or JSON-RPC error -32005.
 * - `rpc_error`: any other JSON-RPC error; `rpcCode` has its number.
 * - `invalid_response`: not JSON-RPC, or not what the method promises.
 * - `null_result`: null where a value is needed, or the node has not got so far yet.
 * - `outside_retention`: older than what the node keeps; `range` says what that is.
 * - `wrong_chain_id`, `wrong_network`: the endpoint serves another chain than expected.
 * - `inconsistent_block`: well formed, but not the block that was asked for, or parts that do not belong together.
 * - `no_endpoints`: no endpoint has a weight above 0; `aborted`: the caller's signal was aborted.
 */
export type RpcErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'http_status'
  | 'rate_limited'
  | 'invalid_response'
  | 'rpc_error'
  | 'null_result'
  | 'too_large'
  | 'outside_retention'
  | 'wrong_chain_id'
  | 'wrong_network'
  | 'inconsistent_block'
  | 'no_endpoints'
  | 'aborted'

/** The ledgers that a node has, both ends included. */
export type LedgerRange = { oldest: bigint; latest: bigint }

type RpcErrorParts = { detail?: string | undefined; rpcCode?: number | undefined; range?: LedgerRange | undefined }

/**
 * A chain node gave no usable answer. `message` may be shown to a tenant: it is made of the code, the method, an HTTP
 * status or JSON-RPC code and the place in the answer, never of a URL or of text that the node wrote. There is no
 * `cause`, because a transport's own error often names the URL.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: RpcErrorCode
  readonly rpcMethod: string | undefined
  /** The numeric code of a JSON-RPC error; only with `rpc_error`, `rate_limited` and `outside_retention`. */
  readonly rpcCode: number | undefined
  /** What the node has; only with `outside_retention`. */
  readonly range: LedgerRange | undefined

  /** `detail` becomes part of `message`, so it must be free of URLs and of text from the node. */
  constructor(code: RpcErrorCode, rpcMethod?: string, { detail, rpcCode, range }: RpcErrorParts = {}) {
    const subject = rpcMethod === undefined ? '' : `${rpcMethod}: `
    super(`${subject}${meanings[code]}${detail === undefined ? '' : ` (${detail})`}`)
    this.code = code
    this.rpcMethod = rpcMethod
    this.rpcCode = rpcCode
    this.range = range
  }
}

/** Answers that are not of the block that was asked for or contradict each other. `detail` must not quote the node. */
export function inconsistent(rpcMethod: string, detail: string): RpcError {
  return new RpcError('inconsistent_block', rpcMethod, { detail })
}

/** What a rejected answer means for the endpoint that gave it; undefined when `error` is a fault of ours. */
export function toAnswerError(error: unknown, rpcMethod: string, isNullResult: boolean): RpcError | undefined {
  if (!(error instanceof ChainDataError || error instanceof RpcError)) return undefined
  if (isNullResult) return new RpcError('null_result', rpcMethod)
  if (error instanceof RpcError) return error
  return new RpcError('invalid_response', rpcMethod, { detail: `${error.pointer} ${error.message}`.trim() })
}

const meanings: Record<RpcErrorCode, string> = {
  unreachable: 'the node could not be reached',
  timeout: 'the node did not answer in time',
  http_status: 'the node answered with an HTTP error status',
  rate_limited: 'the node limits the rate of requests',
  invalid_response: 'the node gave an invalid answer',
  rpc_error: 'the node answered with a JSON-RPC error',
  null_result: 'the node does not have it (yet)',
  too_large: 'the answer of the node is too large',
  outside_retention: 'the node no longer keeps it',
  wrong_chain_id: 'the node serves another chain',
  wrong_network: 'the node serves another network than network_passphrase says',
  inconsistent_block: 'the node gave an inconsistent block',
  no_endpoints: 'the network has no usable endpoint',
  aborted: 'the request was aborted',
}
