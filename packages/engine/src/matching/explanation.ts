import type { ExpressionTrace } from '../expression/expression-trace.ts'
import type { MatchArgument } from '../evm/argument-decoder.ts'

/**
 * Why a monitor matched a transaction or did not, gate by gate in the order of spec/04 §4. Member names are those of the
 * API and the command line, which pass it on as it is.
 */
export type Explanation = {
  matched: boolean
  /** One sentence: the first reason. */
  summary: string
  transaction: { hash: string; from: string | null; to: string | null; status: 'Success' | 'Failure' }
  gates: {
    address: AddressGate
    events: EventsGate
    functions: FunctionsGate
    transactions: TransactionsGate
    combination: CombinationGate
  }
}

/** Whether an address of the monitor takes part as sender, as recipient or by a log. */
export type AddressGate = {
  passed: boolean
  involved: { address: string; as: ('sender' | 'recipient' | 'emitter')[]; watched: boolean }[]
}

export type EventsGate = { configured: boolean; passed: boolean; logs: LogExplanation[] }

/**
 * `not_watched`: another address; `no_contract_spec`; `no_topics`; `unknown_event`: not in the contract spec; `undecodable`;
 * `no_condition`: an event that no condition names; `not_matched`; `matched`.
 */
export type LogExplanation = {
  log_index: string | null
  address: string
  topic0: string | null
  outcome:
    | 'not_watched'
    | 'no_contract_spec'
    | 'no_topics'
    | 'unknown_event'
    | 'undecodable'
    | 'no_condition'
    | 'not_matched'
    | 'matched'
  detail: string
  signature: string | null
  args: MatchArgument[] | null
  conditions: ConditionExplanation[]
}

export type FunctionsGate = {
  configured: boolean
  passed: boolean
  /** `not_called`: no recipient, or no selector; the others as in LogExplanation. */
  outcome:
    | 'not_called'
    | 'not_watched'
    | 'no_contract_spec'
    | 'unknown_function'
    | 'undecodable'
    | 'no_condition'
    | 'not_matched'
    | 'matched'
  detail: string
  signature: string | null
  selector: string | null
  args: MatchArgument[] | null
  conditions: ConditionExplanation[]
}

export type TransactionsGate = {
  configured: boolean
  passed: boolean
  variables: { name: string; kind: string; value: string }[]
  conditions: (ConditionExplanation & { status: 'Any' | 'Success' | 'Failure' })[]
}

/**
 * `index` is the place in the configuration. `result`: `true`, `false`, an error of the expression, `status_differs`, or
 * `not_reached` because an earlier condition held.
 */
export type ConditionExplanation = {
  index: number
  expression: string | null
  result: boolean | { error: string } | 'status_differs' | 'not_reached'
  trace: ExpressionTrace | null
}

export type CombinationGate = {
  passed: boolean
  /** What had to hold of the configured groups, such as `(events or functions) and transactions`. */
  rule: string
}
