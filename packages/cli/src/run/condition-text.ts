import type { Explanation, ExpressionTrace } from '@smt/engine'

type Condition = Explanation['gates']['functions']['conditions'][number]

/** Arguments, one to a line. */
export function argumentLines(args: readonly { name: string; kind: string; value: string }[]): string[] {
  return args.map(({ name, kind, value }) => `      ${name || '(unnamed)'} ${kind} = ${cut(value)}`)
}

/** A condition with what every part of its expression saw. */
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
