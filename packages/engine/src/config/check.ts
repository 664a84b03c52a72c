import type { z } from 'zod'
import { withOpaqueNumbers } from './opaque-numbers.ts'
import { type Checked, type Problem, problemsMax } from './problem.ts'
import { shapeIssues } from './shape-issues.ts'
import { shapeProblems } from './shape-problems.ts'
import { scanValue } from './value-scan.ts'

export type Findings = { problems: Problem[]; warnings: Problem[] }

type Check<T> = {
  schema: z.ZodType<T>
  /** Finds problems of the parts that `schema` leaves open; `schema` itself by default. */
  outline?: z.ZodType
  /** Is given the value whatever its shape, so that rules run on the parts that are well formed; must not throw. */
  findRules: (value: unknown) => Findings
}

/** Checks shape and rules of one object and reports everything found, up to 1000 problems and as many warnings. */
export function checkAgainst<T>(value: unknown, { schema, outline = schema, findRules }: Check<T>): Checked<T> {
  const { problems: general, hasJsonNumbers } = scanValue(value)
  // Schemas follow nested values by recursion: nothing deep may reach them.
  if (general.some(({ code }) => code === 'too_deep')) return { problems: general, warnings: [] }
  const view = hasJsonNumbers ? withOpaqueNumbers(value) : value
  const rules = findRules(view)
  const warnings = rules.warnings.slice(0, problemsMax)
  const found = [...general, ...shapeProblems(view, shapeIssues(outline, view)), ...rules.problems]
  if (found.length > 0) return { problems: limited(found), warnings }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data, problems: [], warnings }
  return { problems: shapeProblems(view, parsed.error.issues), warnings }
}

function limited(problems: Problem[]): Problem[] {
  if (problems.length <= problemsMax) return problems
  const message = `only ${problemsMax} problems are listed`
  return [...problems.slice(0, problemsMax), { pointer: '', code: 'too_many_problems', message }]
}
