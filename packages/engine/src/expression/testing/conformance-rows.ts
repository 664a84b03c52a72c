import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { ExpressionResult } from '../evaluate-expression.ts'

const rowSchema = z.object({
  id: z.string(),
  chain: z.enum(['evm', 'stellar']),
  expression: z.string(),
  params: z.array(z.object({ name: z.string(), kind: z.string(), value: z.string() })),
  result: z.string(),
})

const path = resolve(import.meta.dirname, '../../../vectors/conformance.jsonl')

/** For tests: every row was executed by OZ Monitor v1.6.0 (spec/03 §9). */
export const conformanceRows = readFileSync(path, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => rowSchema.parse(JSON.parse(line)))

export function resultText(result: ExpressionResult): string {
  return typeof result === 'boolean' ? String(result) : `error:${result.error}`
}
