import type { ContractCall } from '../../stellar/call.ts'
import type { StellarEvent } from '../../stellar/ledger-data.ts'
import { XdrError } from '../../stellar/xdr-error.ts'
import type { ConditionRecord } from '../condition-record.ts'
import type { CompiledLedgerMonitor, ContractWatch, InterfaceSource } from './compiled-ledger-monitor.ts'
import { normaliseContract } from './contract-address.ts'
import type { InterfaceLookup } from './contract-interfaces.ts'
import type { LedgerTriedOn } from './evaluate-ledger-monitor.ts'
import type { LedgerDecoding, PreparedReading } from './ledger-decoding.ts'
import type {
  CallOutcome,
  EventOutcome,
  ReadingExplanation,
  StellarCallExplanation,
  StellarEventExplanation,
  StellarOperationExplanation,
} from './ledger-explanation.ts'
import type { CallHit, EventHit, OperationHit, Try } from './ledger-hits.ts'
import type { PreparedOperation } from './prepared-operation.ts'

/** One monitor alone. */
export type LedgerProbe = {
  monitor: CompiledLedgerMonitor
  decoding: LedgerDecoding
  interfaceOf: InterfaceLookup
  record: ConditionRecord<LedgerTriedOn>
}

/** A hit to evaluate, if there is anything to try, and what to say of it once that is done. */
export type Probed<Hit, Explained> = { hit: Hit | undefined; explain: () => Explained }

/** The steps of spec/05 §9, one after the other, for an event of any contract. */
export function explainEvent(
  { monitor, decoding, interfaceOf, record }: LedgerProbe,
  event: StellarEvent,
): Probed<EventHit, StellarEventExplanation> {
  const place = {
    event_id: event.id,
    contract_id: event.contractId,
    operation_index: event.operationIndex ?? null,
  }
  const said = (outcome: EventOutcome, detail: string, readings: readonly PreparedReading[] = []) => ({
    hit: undefined,
    explain: () => ({
      ...place,
      outcome,
      detail,
      readings: readings.map((reading) => explainReading(reading, [], record)),
    }),
  })
  if (event.type === 'system') return said('system', 'It tells of the network, and no condition looks at it.')
  const watches = watchesAt(monitor.eventWatches, event.contractId)
  if (!isWatched(monitor, event.contractId)) {
    return said('not_watched', 'The monitor does not watch the contract that published it.')
  }
  const readings = decoding.readingsOfEvent(event, interfaceOf(sourceOf(watches), event.contractId))
  if (readings instanceof XdrError) return said('unreadable', readings.message)
  if (readings.length === 0) {
    return said('unreadable', decoding.event(event).problem?.message ?? 'It has no name, so it is no event.')
  }
  const tries = triesOf(watches, readings)
  if (tries.length === 0) return said('no_condition', 'No condition of the monitor names this event.', readings)
  return {
    hit: { event, tries },
    explain: () => ({ ...place, ...outcomeOf('event', { readings, tries, record }) }),
  }
}

/** The steps of spec/05 §8, one after the other, for a call of any contract. */
export function explainCall(
  { monitor, decoding, interfaceOf, record }: LedgerProbe,
  call: ContractCall,
): Probed<CallHit, StellarCallExplanation> {
  const place = {
    contract_id: call.contractId,
    function_name: call.functionName,
    operation_index: call.operationIndex,
    nested: call.isNested,
  }
  const said = (outcome: CallOutcome, detail: string, readings: readonly PreparedReading[] = []) => ({
    hit: undefined,
    explain: () => ({
      ...place,
      outcome,
      detail,
      readings: readings.map((reading) => explainReading(reading, [], record)),
    }),
  })
  if (!isWatched(monitor, call.contractId)) {
    return said('not_watched', 'The monitor does not watch the contract that is called.')
  }
  if (call.isNested && !monitor.seesNestedCalls) {
    return said('nested', 'Another contract makes the call, and the monitor does not ask for nested calls.')
  }
  const watches = watchesAt(monitor.callWatches, call.contractId)
  const contract = watches.length === 0 ? undefined : interfaceOf(sourceOf(watches), call.contractId)
  if (contract === undefined) {
    return watches.length === 0
      ? said('no_condition', 'The monitor has no condition on functions of this contract.')
      : said('no_contract_spec', 'There is no contract spec, so no call can be read.')
  }
  const readings = decoding.readingsOfCall(call, contract)
  if (readings instanceof XdrError) return said('unreadable', readings.message)
  if (readings.length === 0) {
    return said('unreadable', 'The contract spec has no function that this name and these arguments fit.')
  }
  const tries = triesOf(watches, readings)
  if (tries.length === 0) return said('no_condition', 'No condition of the monitor names this function.', readings)
  return {
    hit: { call, tries },
    explain: () => ({ ...place, ...outcomeOf('function', { readings, tries, record }) }),
  }
}

export function explainOperation(
  { monitor, record }: LedgerProbe,
  operation: PreparedOperation,
): Probed<OperationHit, StellarOperationExplanation> {
  const conditions = monitor.operationWatches
    .filter(({ type }) => type === operation.type || type === 'any')
    .flatMap((watch) => watch.conditions)
    .toSorted((left, right) => left.index - right.index)
  return {
    hit: conditions.length === 0 ? undefined : { operation, conditions },
    explain: () => ({
      operation_index: operation.index,
      type: operation.type,
      args: [...operation.args],
      conditions: record.explain(conditions, operation),
    }),
  }
}

type Tried = { readings: readonly PreparedReading[]; tries: readonly Try[]; record: ConditionRecord<LedgerTriedOn> }

function outcomeOf(what: 'event' | 'function', { readings, tries, record }: Tried) {
  const explained = readings.map((reading) => {
    const own = tries.find((each) => each.reading === reading)
    return explainReading(reading, own?.conditions ?? [], record)
  })
  const holding = explained.flatMap(({ conditions }) => conditions).find(({ result }) => result === true)
  return holding === undefined
    ? { outcome: 'not_matched' as const, detail: `No condition on this ${what} holds.`, readings: explained }
    : { outcome: 'matched' as const, detail: `Condition ${holding.index} holds.`, readings: explained }
}

function explainReading(
  prepared: PreparedReading,
  conditions: Try['conditions'],
  record: ConditionRecord<LedgerTriedOn>,
): ReadingExplanation {
  const { dialect, signature, args } = prepared.reading
  return { dialect, signature, args: [...args], conditions: record.explain(conditions, prepared) }
}

function triesOf(watches: readonly ContractWatch[], readings: readonly PreparedReading[]): Try[] {
  return readings.flatMap((reading) => {
    const watch = watches.find(({ signature }) => signature === reading.signature)
    return watch === undefined ? [] : [{ reading, conditions: watch.conditions }]
  })
}

function watchesAt(watches: readonly ContractWatch[], contractId: string): ContractWatch[] {
  const wanted = normaliseContract(contractId)
  return watches.filter(({ address }) => address === wanted)
}

function isWatched({ addresses }: CompiledLedgerMonitor, contractId: string): boolean {
  return addresses.includes(normaliseContract(contractId))
}

/** All watches of a contract have the same. */
function sourceOf(watches: readonly ContractWatch[]): InterfaceSource {
  return watches[0]?.source ?? 'none'
}
