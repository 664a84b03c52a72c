import type { Explanation } from '@smt/engine'
import { argumentLines, conditionLines, mark } from './condition-text.ts'

type Gates = Explanation['gates']

/** An explanation for people: the summary, then each gate with what it saw, indented by what belongs to what. */
export function textOfExplanation({ summary, transaction, gates }: Explanation): string {
  const { hash, from, to, status } = transaction
  return [
    summary,
    '',
    `transaction ${hash}`,
    `  from ${from ?? 'nobody'} to ${to ?? 'nobody (contract creation)'}, ${status}`,
    '',
    ...addressLines(gates.address),
    ...eventLines(gates.events),
    ...functionLines(gates.functions),
    ...transactionLines(gates.transactions),
    `combination ${mark(gates.combination.passed)}: ${gates.combination.rule}`,
    '',
  ].join('\n')
}

function addressLines({ passed, involved }: Gates['address']): string[] {
  const lines = involved.map(({ address, as, watched }) => {
    return `  ${address} (${as.join(', ')})${watched ? ' is watched' : ''}`
  })
  return [`addresses ${mark(passed)}`, ...lines]
}

function eventLines({ configured, passed, logs }: Gates['events']): string[] {
  if (!configured) return ['events: no condition']
  const lines = logs.flatMap(({ log_index: index, address, signature, outcome, detail, args, conditions }) => [
    `  log ${index === null ? '?' : BigInt(index)} of ${address}: ${outcome}. ${detail}`,
    ...callLines(signature, args),
    ...conditions.flatMap(conditionLines),
  ])
  return [`events ${mark(passed)}`, ...lines]
}

function functionLines({ configured, passed, ...call }: Gates['functions']): string[] {
  if (!configured) return ['functions: no condition']
  return [
    `functions ${mark(passed)}`,
    `  call ${call.selector ?? ''}: ${call.outcome}. ${call.detail}`.replace('call :', 'call:'),
    ...callLines(call.signature, call.args),
    ...call.conditions.flatMap(conditionLines),
  ]
}

function transactionLines({ configured, passed, conditions }: Gates['transactions']): string[] {
  if (!configured) return ['transactions: no condition']
  const lines = conditions.flatMap((condition) => [
    `    condition ${condition.index}, status ${condition.status}${condition.result === 'status_differs' ? ': status differs' : ''}`,
    ...(condition.result === 'status_differs' ? [] : conditionLines(condition)),
  ])
  return [`transactions ${mark(passed)}`, ...lines]
}

function callLines(signature: string | null, args: Gates['functions']['args']): string[] {
  return signature === null || args === null ? [] : [`    ${signature}`, ...argumentLines(args)]
}
