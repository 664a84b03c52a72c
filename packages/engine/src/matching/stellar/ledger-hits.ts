import type { ContractCall } from '../../stellar/call.ts'
import type { StellarEvent } from '../../stellar/ledger-data.ts'
import type { Condition } from '../condition.ts'
import type { CompiledLedgerMonitor } from './compiled-ledger-monitor.ts'
import type { PreparedReading } from './ledger-decoding.ts'
import type { PreparedOperation } from './prepared-operation.ts'

/** A monitor that a transaction may concern, with what may prove it: events in ledger order, the others in that of operations. */
export type LedgerCandidate = {
  monitor: CompiledLedgerMonitor
  events: EventHit[]
  calls: CallHit[]
  operations: OperationHit[]
}

/** One reading and the monitor's conditions of its signature. */
export type Try = { reading: PreparedReading; conditions: readonly Condition[] }

/** `tries` are in the order of the readings. */
export type EventHit = { event: StellarEvent; tries: Try[] }
export type CallHit = { call: ContractCall; tries: Try[] }
export type OperationHit = { operation: PreparedOperation; conditions: readonly Condition[] }
