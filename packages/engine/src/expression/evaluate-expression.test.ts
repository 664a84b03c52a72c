import { describe, expect, it } from 'vitest'
import { conformanceRows, resultText } from './testing/conformance-rows.ts'
import { evaluateExpression } from './evaluate-expression.ts'

describe('evaluateExpression', () => {
  it('has all 375 rows of the conformance table', () => {
    expect(new Set(conformanceRows.map((row) => row.id)).size).toBe(375)
  })

  it.each(conformanceRows)('$id gives $result', ({ chain, expression, params, result }) => {
    expect(resultText(evaluateExpression(chain, expression, params))).toBe(result)
  })
})
