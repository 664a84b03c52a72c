import type { Expression } from './expression.ts'
import { echo, type ExpressionFinding } from './expression-finding.ts'

/** Operators written as words that run into what follows: `ANDROID == 2` is read as `AND ROID == 2` (spec/03 §11.2). */
export function checkSpacing(node: Expression, text: string, findings: ExpressionFinding[] = []): ExpressionFinding[] {
  if (node.kind === 'comparison') {
    addIfGlued({ text, start: node.path.end, end: node.literal.start }, findings)
    return findings
  }
  let previousEnd: number | undefined
  for (const operand of node.operands) {
    if (previousEnd !== undefined) addIfGlued({ text, start: previousEnd, end: operand.start }, findings)
    checkSpacing(operand, text, findings)
    previousEnd = operand.end
  }
  return findings
}

/** `start` and `end` enclose one operator with the spaces and parentheses around it. */
function addIfGlued(
  { text, start, end }: { text: string; start: number; end: number },
  findings: ExpressionFinding[],
): void {
  const gap = text.slice(start, end)
  const operator = gap.slice(gap.search(/[A-Za-z]|$/))
  const follower = followerOf(text, end)
  if (operator === '' || follower === '' || !/[A-Za-z_]$/.test(gap)) return
  findings.push({
    code: 'missing_space',
    start: end - operator.length,
    end: end + follower.length,
    message: `${operator} runs into ${echo(follower)}.`,
    hint: `It is read with a space after ${operator}: write one, or put text of several words in quotes.`,
  })
}

function followerOf(text: string, position: number): string {
  const word = /[A-Za-z0-9_]*/y
  word.lastIndex = position
  return word.exec(text)?.[0] ?? ''
}
