import { type Shape, textOf, type Value } from '../abi-sample.ts'
import { chance, type Draw, pick } from './draw.ts'
import { drawContent, drawLiteral, drawPart, partOf } from './literals.ts'

/** A variable with a value that it may well have when the expression is evaluated. */
export type SceneVariable = { name: string; shape: Shape; value: Value }

const broken = [
  '',
  '   ',
  'a =',
  '(a == 1',
  'a == 1)',
  'a = 1',
  'NOT a == 1',
  'a == [1]',
  'a == 1 AND',
  'a == 1\n',
  "a == 'x",
]

/** Mostly over the variables and often true; some are wrong in one place or the other. */
export function drawExpression(draw: Draw, variables: readonly SceneVariable[]): string {
  if (variables.length === 0 || chance(draw, 4)) return pick(draw, [...broken, 'a == 1', 'missing != 0x'])
  return drawNested(draw, variables, 0)
}

function drawNested(draw: Draw, variables: readonly SceneVariable[], depth: number): string {
  if (depth === 3 || !chance(draw, 25)) {
    const comparison = drawComparison(draw, pick(draw, variables))
    return chance(draw, 10) ? `(${comparison})` : comparison
  }
  const left = drawNested(draw, variables, depth + 1)
  const right = drawNested(draw, variables, depth + 1)
  const joined = `${left} ${pick(draw, ['AND', 'OR', 'and', 'Or'])}${pick(draw, [' ', '\t', '  '])}${right}`
  return chance(draw, 50) ? `(${joined})` : joined
}

function drawComparison(draw: Draw, variable: SceneVariable): string {
  const { path, type, value } = drawPath(draw, variable)
  const operator = chance(draw, 3) ? pick(draw, allOperators) : pick(draw, operatorsOf(type))
  const literal = chance(draw, 4) ? pick(draw, strangers) : literalFor(draw, { operator, type, value })
  const isWord = /^[a-z]/.test(operator)
  const shown = isWord && chance(draw, 30) ? operator.toUpperCase() : operator
  const space = isWord || chance(draw, 70) ? ' ' : ''
  const name = chance(draw, 2) ? pick(draw, ['missing', 'VALUE', 'a.m0', 'a[0]']) : path
  return `${name}${isWord ? ' ' : space}${shown}${space}${literal}`
}

/** The variable, or a part of it. */
function drawPath(draw: Draw, { name, shape, value }: SceneVariable): { path: string; type: Shape; value: Value } {
  let [path, type, current] = [name, shape, value]
  while (Array.isArray(current) && chance(draw, 60)) {
    if (current.length === 0 || chance(draw, 5)) return { path: `${path}[${current.length}]`, type, value: current }
    const index = pick(
      draw,
      current.map((_, place) => place),
    )
    const isNamed = type.kind === 'tuple' && chance(draw, 60)
    path += isNamed ? `.m${index}` : `[${index}]`
    type = partOf(type, index)
    current = current[index] ?? ''
  }
  return { path, type, value: current }
}

const allOperators = ['==', '!=', '>', '>=', '<', '<=', 'contains', 'starts_with', 'ends_with']
const strangers = [
  'true',
  '5',
  "'x'",
  '0x12',
  'word',
  '-1',
  '1.5',
  '""',
  '115792089237316195423570985008687907853269984665640564039457584007913129639936',
]

function operatorsOf(type: Shape): string[] {
  switch (type.kind) {
    case 'uint':
    case 'int':
      return ['==', '==', '!=', '>', '>=', '<', '<=']
    case 'bool':
    case 'address':
      return ['==', '==', '!=']
    case 'bytesN':
    case 'function':
    case 'bytes':
    case 'string':
      return ['==', '==', '!=', 'contains', 'starts_with', 'ends_with']
    case 'array':
    case 'fixed':
    case 'tuple':
      return ['==', '!=', 'contains', 'contains']
  }
}

function literalFor(draw: Draw, { operator, type, value }: { operator: string; type: Shape; value: Value }): string {
  if (operator === 'contains' && Array.isArray(value)) return drawContent(draw, type, value)
  const isPart = /^[a-z]/.test(operator) && ['bytesN', 'function', 'bytes', 'string'].includes(type.kind)
  return isPart ? drawPart(draw, textOf(type, value), operator) : drawLiteral(draw, type, value)
}
