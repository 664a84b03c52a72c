import type { LedgerExplanation } from '@smt/engine'
import { callLines, conditionLines, mark } from './explanation-text.ts'

type Gates = LedgerExplanation['gates']
type Reading = Gates['events']['events'][number]['readings'][number]

/** The explanation of a Stellar transaction for people, in the form of textOfExplanation. */
export function textOfLedgerExplanation({ summary, transaction, gates }: LedgerExplanation): string {
  const { hash, status, undecoded } = transaction
  return [
    summary,
    '',
    `transaction ${hash}`,
    `  ${status}${undecoded === null ? '' : `; its envelope cannot be decoded: ${undecoded}`}`,
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
    ...callLines(type, args).slice(1),
    ...conditions.flatMap(conditionLines),
  ])
  return [`operations ${mark(passed)}`, ...lines]
}

function transactionLines({ configured, passed, attempts }: Gates['transactions']): string[] {
  if (!configured) return ['transactions: no condition']
  const lines = attempts.flatMap(({ variables, conditions }) => [
    `  with ${variables.map(({ name, value }) => `${name} = ${value}`).join(', ')}`,
    ...conditions.flatMap(({ status, ...condition }) => [
      `    condition ${condition.index}, status ${status}${condition.result === 'status_differs' ? ': status differs' : ''}`,
      ...(condition.result === 'status_differs' ? [] : conditionLines(condition)),
    ]),
  ])
  return [`transactions ${mark(passed)}`, ...lines]
}

function readingLines({ dialect, signature, args, conditions }: Reading): string[] {
  return [`    read as ${names[dialect]}`, ...callLines(signature, args), ...conditions.flatMap(conditionLines)]
}

const names: Record<Reading['dialect'], string> = {
  oz: 'OpenZeppelin Monitor reads it',
  spec: 'the contract spec says',
  token: 'a token',
}
