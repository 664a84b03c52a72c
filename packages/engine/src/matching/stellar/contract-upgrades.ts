import { readExecutableUpdate } from '../../stellar/executable-update.ts'
import type { StellarEvent } from '../../stellar/ledger-data.ts'
import type { LedgerLookup } from './ledger-index.ts'
import type { ContractUpgrade } from './ledger-result.ts'

/** The upgrades of contracts in a ledger, of unwatched ones as well. One that was rolled back is none. */
export function findUpgrades({ watchersOf }: LedgerLookup, events: readonly StellarEvent[]): ContractUpgrade[] {
  return events.flatMap((event) => {
    if (event.type !== 'system' || !event.isInSuccessfulCall) return []
    const update = readExecutableUpdate(event)
    if (update === undefined) return []
    const watching = watchersOf(event.contractId)?.monitors ?? []
    const { txHash, id: eventId, operationIndex } = event
    const keys = watching.toSorted((left, right) => left.order - right.order).map(({ key }) => key)
    return [{ ...update, txHash, eventId, operationIndex, keys }]
  })
}
