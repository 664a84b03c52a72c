import type { z } from 'zod'
import { problemsMax } from './problem.ts'

type Issue = z.core.$ZodIssue

/**
 * What a schema finds wrong with a value, in bounded time: Zod reports every fault of a value and cannot stop early,
 * which takes seconds for a megabyte of rubbish. A large value is therefore looked at with its arrays cut to a growing
 * length, until it has been seen whole or shows more faults than are reported.
 */
export function shapeIssues(schema: z.ZodType, value: unknown): readonly Issue[] {
  if (!isLarge(value)) return issuesOf(schema, value)
  for (let length = firstLength; ; length = length * growth) {
    const cut = { isCut: false }
    const issues = issuesOf(schema, shortened(value, length, cut))
    if (!cut.isCut || count(issues) > problemsMax) return issues
  }
}

const firstLength = 64
const growth = 16
const largeFrom = 20_000

function issuesOf(schema: z.ZodType, value: unknown): readonly Issue[] {
  const parsed = schema.safeParse(value)
  return parsed.success ? [] : parsed.error.issues
}

function count(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, issue) => sum + (issue.code === 'invalid_union' ? Math.max(1, ...issue.errors.map(count)) : 1),
    0,
  )
}

function isLarge(value: unknown): boolean {
  const pending: unknown[] = [value]
  for (let seen = 0; pending.length > 0; seen += 1) {
    const next = pending.pop()
    if (seen > largeFrom) return true
    if (typeof next !== 'object' || next === null) continue
    const parts: readonly unknown[] = Array.isArray(next) ? next : Object.values(next)
    if (parts.length > largeFrom) return true
    for (const part of parts) if (typeof part === 'object' && part !== null) pending.push(part)
    seen += parts.length
  }
  return false
}

/** The value with its arrays cut to `length`; what holds no longer array is the same object. */
function shortened(value: unknown, length: number, cut: { isCut: boolean }): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    if (value.length > length) cut.isCut = true
    const kept = value.length > length ? value.slice(0, length) : value
    const elements = kept.map((element) => shortened(element, length, cut))
    return kept === value && elements.every((element, index) => element === value[index]) ? value : elements
  }
  const entries = Object.entries(value)
  const parts = entries.map(([key, part]): [string, unknown] => [key, shortened(part, length, cut)])
  return parts.every(([, part], index) => part === entries[index]?.[1]) ? value : Object.fromEntries(parts)
}
