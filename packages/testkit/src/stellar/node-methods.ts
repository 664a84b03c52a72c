import type { Chain } from './chain.ts'
import type { StellarFaults } from './faults.ts'
import type { NodeMethods } from './recorded.ts'
import { getLedgerEntries } from './rpc-entries.ts'
import { getEvents } from './rpc-events.ts'
import { getLatestLedger, getLedgers } from './rpc-ledgers.ts'
import { getTransaction, getTransactions } from './rpc-transactions.ts'
import { rangeOf, viewOf } from './rpc-view.ts'

type Node = { chain: Chain; faults: StellarFaults; passphrase: string; retentionLedgers: number }

/** The methods of a stellar-rpc node (v23 and later) over a simulated chain. */
export function nodeMethods({ chain, faults, passphrase, retentionLedgers }: Node): NodeMethods {
  const view = () => viewOf(chain, faults, retentionLedgers)
  return {
    getHealth: () => {
      const { latestLedger, oldestLedger } = rangeOf(view())
      return { status: 'healthy', latestLedger, oldestLedger, ledgerRetentionWindow: retentionLedgers }
    },
    getNetwork: () => ({ passphrase: faults.passphrase ?? passphrase, protocolVersion: 27 }),
    getLatestLedger: () => getLatestLedger(view(), faults),
    getLedgers: (params) => getLedgers(params, view(), faults),
    getTransactions: (params) => getTransactions(params, view(), faults),
    getTransaction: (params) => getTransaction(params, view(), faults),
    getEvents: (params) => getEvents(params, view(), faults),
    getLedgerEntries: (params) => getLedgerEntries(params, view(), chain.findEntry),
  }
}

/** Faults that spoil an answer as a whole: a member that is missing, a cursor that stands still. */
export function createSpoiler(faults: StellarFaults): (method: string, result: unknown) => unknown {
  const firstCursors = new Map<string, unknown>()
  return (method, result) => {
    if (typeof result !== 'object' || result === null) return result
    const spoilt: Record<string, unknown> = { ...result }
    if (faults.malformed === method) takeMemberFromFirst(spoilt)
    if (!faults.hasStuckCursor) firstCursors.clear()
    else if ('cursor' in spoilt) {
      if (!firstCursors.has(method)) firstCursors.set(method, spoilt['cursor'])
      spoilt['cursor'] = firstCursors.get(method)
    }
    return spoilt
  }
}

function takeMemberFromFirst(result: Record<string, unknown>): void {
  for (const [list, member] of [
    ['ledgers', 'headerXdr'],
    ['transactions', 'txHash'],
    ['events', 'txHash'],
    ['entries', 'xdr'],
  ] as const) {
    const items = result[list]
    if (!Array.isArray(items) || items.length === 0) continue
    const [first, ...others]: unknown[] = items
    if (typeof first === 'object' && first !== null)
      result[list] = [Object.fromEntries(Object.entries(first).filter(([name]) => name !== member)), ...others]
    return
  }
  delete result['sequence']
  delete result['passphrase']
}
