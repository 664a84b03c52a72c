import {
  ChainDataError,
  contractCodeKey,
  contractInstanceKey,
  decodeStrkey,
  type JsonValue,
  readCodeEntry,
  readContractSpec,
  readInstanceEntry,
  type StellarSpec,
  XdrError,
} from '@smt/engine'
import { isJsonObject } from './json-rpc-response.ts'
import { inconsistent, RpcError } from './rpc-error.ts'
import type { EndpointCall, RpcCallOptions, RpcPool } from './rpc-pool.ts'

/**
 * The spec in the code of a contract, as it is now: one `getLedgerEntries` for the contract's instance, one for its code
 * (spec/05 §5.2; the id may be in lower case). Null when it has none: no contract id, no such contract, an asset's
 * contract, or code without a spec.
 *
 * @throws RpcError when the nodes cannot say; XdrError when the contract itself is what this version cannot read, so that
 * asking again does not help. Whoever deploys a contract decides that, and it must not look like a fault of the nodes.
 */
export async function fetchContractSpec(
  pool: Pick<RpcPool, 'withOneEndpoint'>,
  contractId: string,
  options?: RpcCallOptions,
): Promise<StellarSpec | null> {
  const id = contractId.toUpperCase()
  if (decodeStrkey(id)?.kind !== 'contract') return null
  const unreadable: XdrError[] = []
  try {
    return await pool.withOneEndpoint((call) => fetchFrom(call, id, unreadable), options)
  } catch (error) {
    const [first] = unreadable
    if (first !== undefined && error instanceof RpcError && error.code === 'invalid_response') throw first
    throw error
  }
}

async function fetchFrom(call: EndpointCall, id: string, unreadable: XdrError[]): Promise<StellarSpec | null> {
  const executable = await fetchEntry(call, contractInstanceKey(id), { read: readInstanceEntry, unreadable })
  if (executable === undefined || executable.kind === 'asset') return null
  if (executable.kind === 'other') throw new XdrError('has a contract executable of a newer protocol')
  const code = await fetchEntry(call, contractCodeKey(executable.hash), { read: readCodeEntry, unreadable })
  return code === undefined ? null : readContractSpec(code)
}

const method = 'getLedgerEntries'

/**
 * What `read` makes of the entry under a key, undefined when there is none. One that cannot be decoded is first held
 * against the node, so that another is asked, and remembered in `unreadable`.
 */
function fetchEntry<T>(
  call: EndpointCall,
  key: string,
  { read, unreadable }: { read: (base64: string) => T; unreadable: XdrError[] },
): Promise<T | undefined> {
  return call(method, { keys: [key], xdrFormat: 'base64' }, (result) => {
    const entry = readEntry(result, key)
    if (entry === undefined) return undefined
    try {
      return read(entry)
    } catch (error) {
      if (!(error instanceof XdrError)) throw error
      unreadable.push(error)
      throw new ChainDataError('/entries/0/xdr', error.message)
    }
  })
}

function readEntry(result: JsonValue, key: string): string | undefined {
  if (!isJsonObject(result)) throw new ChainDataError('', 'must be an object')
  const { entries } = result
  // How some nodes write that there are none.
  if (entries === null) return undefined
  if (!Array.isArray(entries)) throw new ChainDataError('/entries', 'must be an array')
  const [entry] = entries
  if (entry === undefined) return undefined
  if (!isJsonObject(entry)) throw new ChainDataError('/entries/0', 'must be an object')
  const { key: own, xdr } = entry
  if (own !== undefined && own !== key) throw inconsistent(method, 'another entry')
  if (typeof xdr !== 'string') throw new ChainDataError('/entries/0/xdr', 'must be text')
  return xdr
}
