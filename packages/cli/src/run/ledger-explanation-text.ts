import type { LedgerExplanation } from '@smt/engine'
import { argumentLines, conditionLines, mark } from './condition-text.ts'

type Gates = LedgerExplanation['gates']
type Reading = Gates['events']['events'][number]['readings'][number]

/** The same for a transaction of a ledger: how each event and call was read, and what the conditions made of it. */
export function textOfLedgerExplanation({ summary, transaction, gates }: LedgerExplanation): string {
  const { hash, status, undecoded } = transaction
  return [
    summary,
    '',
    `transaction ${hash}`,
    `  ${status}${undecoded === null ? '' : `, its envelope cannot be decoded: ${undecoded}`}`,
    '',
    ...eventLines(gates.events),
    ...functionLines(gates.functions),
    ...operationLines(gates.operations),
    ...transactionLines(gates.transactions),
    `combination ${mark(gates.combination.passed)}: ${gates.combination.rule}`,
    '',
  ].join('\n')
}

function eventLines({ configured, passed, events }: Gates['events']): string[] {
  if (!configured) return ['events: no condition']
  const lines = events.flatMap(({ event_id: id, contract_id: contract, outcome, detail, readings }) => [
    `  event ${id} of ${contract}: ${outcome}. ${detail}`,
    ...readings.flatMap(readingLines),
  ])
  return [`events ${mark(passed)}`, ...lines]
}

function functionLines({ configured, passed, calls }: Gates['functions']): string[] {
  if (!configured) return ['functions: no condition']
  const lines = calls.flatMap(({ contract_id: contract, function_name: name, nested, outcome, detail, readings }) => [
    `  ${nested ? 'nested call' : 'call'} ${name} of ${contract}: ${outcome}. ${detail}`,
    ...readings.flatMap(readingLines),
  ])
  return [`functions ${mark(passed)}`, ...lines]
}

function operationLines({ configured, passed, operations }: Gates['operations']): string[] {
  if (!configured) return []
  const lines = operations.flatMap(({ operation_index: index, type, args, conditions }) => [
    `  operation ${index}: ${type}`,
    ...argumentLines(args),
    ...conditions.flatMap(conditionLines),
  ])
  return [`operations ${mark(passed)}`, ...lines]
}

function transactionLines({ configured, passed, attempts }: Gates['transactions']): string[] {
  if (!configured) return ['transactions: no condition']
  const lines = attempts.flatMap(({ variables, conditions }) => [
    `    with ${variables.map(({ name, value }) => `${name} = ${value}`).join(', ')}`,
    ...conditions.flatMap((condition) => [
      `    condition ${condition.index}, status ${condition.status}${condition.result === 'status_differs' ? ': status differs' : ''}`,
      ...(condition.result === 'status_differs' ? [] : conditionLines(condition)),
    ]),
  ])
  return [`transactions ${mark(passed)}`, ...lines]
}

function readingLines({ dialect, signature, args, conditions }: Reading): string[] {
  const as = { oz: 'as OpenZeppelin Monitor reads it', spec: "by the contract's spec", token: 'as a token' }[dialect]
  return [`    ${signature}  ${as}`, ...argumentLines(args), ...conditions.flatMap(conditionLines)]
}
