import type { StellarSpec } from '@smt/engine'
import { RpcError } from './rpc-error.ts'
import type { EndpointCall } from './rpc-pool.ts'

/** The spec of a contract's code as it is now; null when it has none. */
export function fetchContractSpec(_call: EndpointCall, _contractId: string): Promise<StellarSpec | null> {
  return Promise.reject(new RpcError('rpc_error', 'getLedgerEntries', { detail: 'not built yet' }))
}
