import { JsonNumber, type JsonValue } from '@smt/engine'
import type { Problem } from '../platform/errors.ts'
import { pointerOf } from './pointer.ts'
import { isStorableText } from './storable-text.ts'

const numberSizeMax = 1_000
const exponentMax = 1_000

/**
 * What PostgreSQL's jsonb refuses, as problems instead of a failing statement: U+0000 and unpaired surrogates in strings
 * and keys, and numbers of more digits than anybody means.
 */
export function unstorableProblems(value: JsonValue, path: readonly PropertyKey[] = []): Problem[] {
  if (typeof value === 'string') {
    return isStorableText(value) ? [] : [textProblem(path)]
  }
  if (typeof value === 'bigint') return value.toString().length > numberSizeMax ? [numberProblem(path)] : []
  if (value instanceof JsonNumber) return isStorableNumber(value.text) ? [] : [numberProblem(path)]
  if (Array.isArray(value)) return value.flatMap((item, index) => unstorableProblems(item, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    isStorableText(key) ? unstorableProblems(item, [...path, key]) : [textProblem(path)],
  )
}

function isStorableNumber(text: string): boolean {
  const exponent = /[eE]([+-]?\d+)$/.exec(text)?.[1]
  return text.length <= numberSizeMax && (exponent === undefined || Math.abs(Number(exponent)) <= exponentMax)
}

function textProblem(path: readonly PropertyKey[]): Problem {
  return {
    pointer: pointerOf(path),
    code: 'invalid_character',
    message: 'Text must not hold U+0000 or unpaired surrogates.',
  }
}

function numberProblem(path: readonly PropertyKey[]): Problem {
  return { pointer: pointerOf(path), code: 'out_of_range', message: 'The number has too many digits.' }
}
