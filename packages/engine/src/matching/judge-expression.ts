import { type Problem, type ProblemCode, toPointer } from '../config/problem.ts'
import { checkExpression } from '../expression/check-expression.ts'
import type { ExpressionChain } from '../expression/evaluate-expression.ts'
import type { DeclaredParameter, ExpressionFinding } from '../expression/expression-finding.ts'
import { isDead } from './dead-expression.ts'

type Place = {
  /** Of the condition whose expression it is. */
  path: readonly (string | number)[]
  /**
   * The parameters it may see, in each of the forms in which they may come: contracts may name the inputs of an event
   * differently, and what holds for one of them is no problem.
   */
  scopes: readonly DeclaredParameter[][]
}

/**
 * What is wrong with an expression. A problem is that it can never be true, here or in the original; a warning is anything
 * else that hardly is what was meant.
 */
export function judgeExpression(
  chain: ExpressionChain,
  text: string,
  { path, scopes }: Place,
): { problems: Problem[]; warnings: Problem[] } {
  const pointer = toPointer([...path, 'expression'])
  const findings = checkExpression(chain, text, scopes[0] ?? [])
  const isRefused = scopes.every((scope) => isDead(chain, text, scope))
  const isCause = ({ code }: ExpressionFinding) => isRefused && !harmless.has(code)
  const problems = findings.filter(isCause).map((finding) => toProblem(finding, pointer))
  const warnings = findings.filter((finding) => !isCause(finding)).map((finding) => toProblem(finding, pointer))
  if (isRefused && problems.length === 0) {
    const message = 'can never be true: evaluating it is always an error'
    problems.push({ pointer, code: 'invalid_literal', message })
  }
  return { problems, warnings }
}

/** Whether it parses, where nothing is known of its parameters. */
export function syntaxProblems(chain: ExpressionChain, text: string, path: readonly (string | number)[]): Problem[] {
  const pointer = toPointer([...path, 'expression'])
  const syntax = checkExpression(chain, text, []).filter(({ code }) => code === 'expression_syntax')
  return syntax.map((finding) => toProblem(finding, pointer))
}

/** Read otherwise than it looks, or fine here: no reason to refuse anything. */
const harmless: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['missing_space', 'differs_from_oz'])

function toProblem({ code, start, end, message, hint }: ExpressionFinding, pointer: string): Problem {
  return { pointer, code, message, position: { start, end }, ...(hint === undefined ? {} : { hint }) }
}
