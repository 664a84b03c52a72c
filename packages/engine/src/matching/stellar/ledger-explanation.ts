import type { MatchArgument } from '../../evm/argument-decoder.ts'
import type { Reading } from '../../stellar/reading.ts'
import type { CombinationGate, ConditionExplanation } from '../explanation.ts'
import type { StellarStatus } from './ledger-match.ts'

/**
 * Why a monitor matched a transaction of a ledger or did not. Member names are those of the API and the command line, which
 * pass it on as it is. There is no address gate: addresses restrict functions and events only (spec/05 §7.5).
 */
export type LedgerExplanation = {
  matched: boolean
  /** One sentence: the first reason. */
  summary: string
  /** `undecoded`: why the envelope could not be decoded, in which case nothing is known of operations and calls. */
  transaction: { hash: string; status: StellarStatus; undecoded: string | null }
  gates: {
    events: StellarEventsGate
    functions: StellarFunctionsGate
    operations: StellarOperationsGate
    transactions: StellarTransactionsGate
    combination: CombinationGate
  }
}

/** One way the event or call was read (spec/05 §8.5, §9.1, and ours), and what the conditions of its signature said. */
export type ReadingExplanation = {
  dialect: Reading['dialect']
  signature: string
  args: MatchArgument[]
  conditions: ConditionExplanation[]
}

/**
 * `not_watched`: another contract; `system`: tells of the network, not of the contract; `unreadable`: no reading;
 * `no_condition`: no condition names one of its signatures; `not_matched`; `matched`.
 */
export type EventOutcome = 'not_watched' | 'system' | 'unreadable' | 'no_condition' | 'not_matched' | 'matched'

export type StellarEventExplanation = {
  event_id: string
  contract_id: string
  operation_index: number | null
  outcome: EventOutcome
  detail: string
  readings: ReadingExplanation[]
}

export type StellarEventsGate = { configured: boolean; passed: boolean; events: StellarEventExplanation[] }

/** `nested`: made by another contract and looked at only on request; `no_contract_spec`; the others as EventOutcome. */
export type CallOutcome =
  | 'not_watched'
  | 'nested'
  | 'no_contract_spec'
  | 'unreadable'
  | 'no_condition'
  | 'not_matched'
  | 'matched'

export type StellarCallExplanation = {
  contract_id: string
  function_name: string
  operation_index: number
  nested: boolean
  outcome: CallOutcome
  detail: string
  readings: ReadingExplanation[]
}

export type StellarFunctionsGate = { configured: boolean; passed: boolean; calls: StellarCallExplanation[] }

export type StellarOperationExplanation = {
  operation_index: number
  type: string
  args: MatchArgument[]
  conditions: ConditionExplanation[]
}

export type StellarOperationsGate = { configured: boolean; passed: boolean; operations: StellarOperationExplanation[] }

/** One set of variables that the transaction conditions were tried on (spec/05 §7.3). */
export type TransactionAttempt = {
  variables: { name: string; kind: string; value: string }[]
  conditions: (ConditionExplanation & { status: StellarStatus })[]
}

export type StellarTransactionsGate = { configured: boolean; passed: boolean; attempts: TransactionAttempt[] }
