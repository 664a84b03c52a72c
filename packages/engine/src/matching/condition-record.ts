import type { ExpressionTrace } from '../expression/expression-trace.ts'
import type { Condition } from './condition.ts'
import type { ConditionExplanation } from './explanation.ts'

/** Told of each condition that is tried, and why it held or not; `trace` is null when there is no expression. */
export type ConditionObserver<TriedOn> = (condition: Condition, on: TriedOn, trace: ExpressionTrace | null) => void

/** Remembers what an evaluation said of each condition on each log, call or transaction. */
export type ConditionRecord<TriedOn> = {
  observe: ConditionObserver<TriedOn>
  /** Of conditions in configuration order; those that nothing was said of were not reached. */
  explain(conditions: readonly Condition[], on: TriedOn | undefined): ConditionExplanation[]
}

export function createConditionRecord<TriedOn>(): ConditionRecord<TriedOn> {
  const seen = new Map<TriedOn, Map<Condition, ExpressionTrace | null>>()

  return {
    observe(condition, on, trace) {
      const tried = seen.get(on) ?? new Map<Condition, ExpressionTrace | null>()
      seen.set(on, tried)
      tried.set(condition, trace)
    },
    explain(conditions, on) {
      const tried = on && seen.get(on)
      return conditions.map((condition) => {
        const trace = tried?.get(condition)
        const place = { index: condition.index, expression: condition.expression?.text ?? null }
        if (trace === undefined) return { ...place, result: 'not_reached', trace: null }
        return { ...place, result: resultOf(trace), trace }
      })
    },
  }
}

function resultOf(trace: ExpressionTrace | null): ConditionExplanation['result'] {
  if (trace === null) return true
  return trace.result === 'skipped' ? 'not_reached' : trace.result
}
