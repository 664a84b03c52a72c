import { contractAddressOf } from '../../stellar/strkey.ts'
import type { StellarTransaction } from '../../stellar/ledger-data.ts'
import type { XdrError } from '../../stellar/xdr-error.ts'
import { allEntries } from '../predicate-index.ts'
import { watchedInvocations } from './calls-to-read.ts'
import type { CompiledLedgerMonitor } from './compiled-ledger-monitor.ts'
import type { WatchGroup } from './contract-watchers.ts'
import { maySatisfy, needOfKeys } from './envelope-interest.ts'
import type { LedgerDecoding } from './ledger-decoding.ts'
import { type LedgerLookup, needOfTransactions, operationKeys } from './ledger-index.ts'
import type { StellarStatus } from './ledger-match.ts'
import type { Undecoded } from './ledger-result.ts'

type Place = { lookup: LedgerLookup; decoding: LedgerDecoding }
/** A monitor that could not be evaluated, and what of the transaction it is because of. */
export type LedgerFailure = { monitor: CompiledLedgerMonitor; error: XdrError; part: Undecoded['part'] }

/**
 * The monitors that a transaction may concern whose envelope cannot be decoded: those that its bytes
 * do not rule out. It must never look as if nothing had happened to them.
 */
export function failedByEnvelope(
  { lookup, decoding }: Place,
  transaction: StellarTransaction,
  { error, status }: { error: XdrError; status: StellarStatus },
): LedgerFailure[] {
  const monitors = new Set(operationWatchers({ lookup, decoding }, transaction))
  for (const contractId of watchedInvocations(lookup, transaction, decoding)) addCallers(lookup, contractId, monitors)
  const bytes = decoding.envelopeBytes(transaction)
  allEntries(lookup.onTransaction, (monitor) => {
    if (maySatisfy(needOfTransactions(monitor), bytes)) monitors.add(monitor)
  })
  return [...monitors]
    .filter((monitor) => acceptsStatus(monitor, status))
    .map((monitor) => ({ monitor, error, part: 'envelope' }))
}

/** Of a transaction of which only the operations cannot be read. */
export function failedByOperations(
  place: Place,
  transaction: StellarTransaction,
  { error, status }: { error: XdrError; status: StellarStatus },
): LedgerFailure[] {
  return [...operationWatchers(place, transaction)]
    .filter((monitor) => acceptsStatus(monitor, status))
    .map((monitor) => ({ monitor, error, part: 'result' }))
}

function operationWatchers({ lookup, decoding }: Place, transaction: StellarTransaction): Set<CompiledLedgerMonitor> {
  const bytes = decoding.envelopeBytes(transaction)
  const monitors = new Set<CompiledLedgerMonitor>()
  for (const watches of lookup.onOperation.values()) {
    allEntries(watches, (watch) => {
      if (maySatisfy(needOfKeys(operationKeys(watch)), bytes)) monitors.add(watch.monitor)
    })
  }
  return monitors
}

/** Those that watch nested calls of a contract which the transaction may reach, when its nested calls cannot be decoded. */
export function failedByNestedCalls(
  { lookup, decoding }: Place,
  transaction: StellarTransaction,
  error: XdrError,
): LedgerFailure[] {
  const bytes = [
    decoding.envelopeBytes(transaction),
    ...transaction.diagnosticEventsXdr.map((xdr) => Buffer.from(xdr, 'base64')),
  ]
  const monitors = new Set<CompiledLedgerMonitor>()
  for (const key of lookup.nestedInterest.keys.keys()) {
    if (bytes.some((each) => maySatisfy([key], each))) addCallers(lookup, contractAddressOf(key), monitors)
  }
  return [...monitors]
    .filter(({ seesNestedCalls }) => seesNestedCalls)
    .map((monitor) => ({ monitor, error, part: 'diagnostic_event' }))
}

/** Those whose event or call there was, but nobody could say which. */
export function failedByReading(group: WatchGroup, error: XdrError, part: 'event' | 'envelope'): LedgerFailure[] {
  const monitors = new Set<CompiledLedgerMonitor>()
  addWatchers(group, monitors)
  return [...monitors].map((monitor) => ({ monitor, error, part }))
}

function addCallers(lookup: LedgerLookup, contractId: string, monitors: Set<CompiledLedgerMonitor>): void {
  for (const group of lookup.watchersOf(contractId)?.onCall ?? []) addWatchers(group, monitors)
}

function addWatchers({ bySignature }: WatchGroup, monitors: Set<CompiledLedgerMonitor>): void {
  for (const watches of bySignature.values()) allEntries(watches, ({ monitor }) => monitors.add(monitor))
}

function acceptsStatus({ transactionConditions }: CompiledLedgerMonitor, status: StellarStatus): boolean {
  const accepts = transactionConditions.some((condition) => condition.status === 'Any' || condition.status === status)
  return transactionConditions.length === 0 || accepts
}
