import type { Explanation, ExpressionTrace } from '@smt/engine'

type Gates = Explanation['gates']
type Condition = Gates['functions']['conditions'][number]

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

export function callLines(signature: string | null, args: Gates['functions']['args']): string[] {
  if (signature === null || args === null) return []
  return [
    `    ${signature}`,
    ...args.map(({ name, kind, value }) => `      ${name || '(unnamed)'} ${kind} = ${cut(value)}`),
  ]
}

export function conditionLines({ index, expression, result, trace }: Condition): string[] {
  const text = expression === null ? 'without an expression' : expression
  return [`    condition ${index}: ${resultText(result)}  ${text}`, ...(trace === null ? [] : traceLines(trace, 6))]
}

function traceLines(trace: ExpressionTrace, indent: number): string[] {
  const space = ' '.repeat(indent)
  if (trace.kind === 'syntax') {
    return [`${space}at character ${trace.position + 1}: ${[trace.message, trace.hint ?? ''].join(' ').trim()}`]
  }
  if (trace.kind === 'comparison') {
    const value = trace.value === null ? '' : ` (${trace.path} is ${cut(trace.value)})`
    return [`${space}${resultText(trace.result)}  ${trace.text}${value}`]
  }
  const operands = trace.operands.flatMap((operand) => traceLines(operand, indent + 2))
  return [`${space}${resultText(trace.result)}  ${trace.kind.toUpperCase()}`, ...operands]
}

function resultText(result: boolean | string | { error: string }): string {
  return typeof result === 'object' ? result.error : String(result)
}

export function mark(passed: boolean): string {
  return passed ? 'passed' : 'did not pass'
}

const lengthMax = 120

function cut(text: string): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`
}
