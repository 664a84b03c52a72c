import { ChainDataError, type JsonValue } from '@smt/engine'
import { parseHexQuantity } from './hex-quantity.ts'
import { isJsonObject } from './json-rpc-response.ts'
import { RpcError } from './rpc-error.ts'
import type { RpcParams } from './rpc-request.ts'

/** How an endpoint is asked whether it serves the chain that it should. */
export type ChainIdentity = {
  method: string
  params: RpcParams
  /** Throws RpcError or ChainDataError when the answer is of another chain, or none. */
  check: (result: JsonValue) => void
}

/** The endpoint must serve the EVM chain with this id. */
export function evmIdentity(chainId: bigint): ChainIdentity {
  const method = 'eth_chainId'
  return {
    method,
    params: [],
    check(result) {
      if (parseHexQuantity(result, 64) !== chainId) throw new RpcError('wrong_chain_id', method)
    },
  }
}

/** The endpoint must serve the Stellar network with this passphrase (spec/05 Q21). */
export function stellarIdentity(passphrase: string): ChainIdentity {
  const method = 'getNetwork'
  return {
    method,
    params: undefined,
    check(result) {
      if (!isJsonObject(result)) throw new ChainDataError('', 'must be an object')
      if (typeof result['passphrase'] !== 'string') throw new ChainDataError('/passphrase', 'must be text')
      if (result['passphrase'] !== passphrase) throw new RpcError('wrong_network', method)
    },
  }
}
