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
import { inconsistent } from './rpc-error.ts'
import type { EndpointCall } from './rpc-pool.ts'

/**
 * The spec in the code of a contract, as it is now: one `getLedgerEntries` for the contract's instance, one for its code
 * (spec/05 §5.2; the id may be in lower case). Null when it has none: no contract id, no such contract, an asset's
 * contract, or code without a spec.
 *
 * @throws RpcError when the node cannot say; XdrError when the contract itself is what this version cannot read, so that
 * asking again does not help.
 */
export async function fetchContractSpec(call: EndpointCall, contractId: string): Promise<StellarSpec | null> {
  const id = contractId.toUpperCase()
  if (decodeStrkey(id)?.kind !== 'contract') return null
  const executable = await fetchEntry(call, contractInstanceKey(id), readInstanceEntry)
  if (executable === undefined || executable.kind === 'asset') return null
  if (executable.kind === 'other') throw new XdrError('has a contract executable of a newer protocol')
  const code = await fetchEntry(call, contractCodeKey(executable.hash), readCodeEntry)
  return code === undefined ? null : readContractSpec(code)
}

const method = 'getLedgerEntries'

/** What `read` makes of the entry under a key, undefined when there is none. */
function fetchEntry<T>(call: EndpointCall, key: string, read: (base64: string) => T): Promise<T | undefined> {
  return call(method, { keys: [key], xdrFormat: 'base64' }, (result) => {
    const entry = readEntry(result, key)
    if (entry === undefined) return undefined
    try {
      return read(entry)
    } catch (error) {
      if (error instanceof XdrError) throw new ChainDataError('/entries/0/xdr', error.message)
      throw error
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
