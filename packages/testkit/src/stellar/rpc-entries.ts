import type { Chain } from './chain.ts'
import type { NodeRecord } from './node-records.ts'
import { errorCode, NodeError } from './rpc-error.ts'
import { checkFormat, type Params } from './rpc-params.ts'
import type { NodeView } from './rpc-view.ts'
import { decodeXdr, encodeXdr } from './xdr.ts'

/** `getLedgerEntries`: contract instances and code, in the order asked; what is not there is left out. */
export function getLedgerEntries(params: Params, view: NodeView, findEntry: Chain['findEntry']): NodeRecord {
  checkFormat(params)
  const keys = params['keys']
  if (!Array.isArray(keys)) throw new NodeError(errorCode.invalidParams, 'keys must be a list')
  if (keys.length > 200)
    throw new NodeError(errorCode.invalidParams, `key count (${keys.length}) exceeds maximum supported (200)`)
  return {
    entries: keys.flatMap((key: unknown, index) => {
      const text = readKey(key, index)
      const entry = findEntry(text)
      if (entry === undefined) return []
      return [
        {
          key: text,
          xdr: encodeXdr('LedgerEntryData', entry.xdr),
          extXdr: encodeXdr('LedgerEntryExt', 'v0'),
          lastModifiedLedgerSeq: entry.changedIn,
          liveUntilLedgerSeq: view.latest.sequence + 100_000,
        },
      ]
    }),
    latestLedger: view.latest.sequence,
  }
}

function readKey(key: unknown, index: number): string {
  if (typeof key === 'string') {
    try {
      decodeXdr('LedgerKey', key)
      return key
    } catch {
      // Answered below, with what cannot be a key for another reason.
    }
  }
  throw new NodeError(errorCode.invalidParams, `cannot unmarshal key value ${String(key)} at index ${index}`)
}
