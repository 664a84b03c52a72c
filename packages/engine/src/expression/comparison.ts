import type { ComparisonOperator } from './expression.ts'
import type { Outcome } from './operand.ts'

export function compareOrdered(left: bigint, operator: ComparisonOperator, right: bigint): Outcome {
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return 'UnsupportedOperator'
  }
}

export function compareText(left: string, operator: ComparisonOperator, right: string): Outcome {
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case 'contains':
      return left.includes(right)
    case 'starts_with':
      return left.startsWith(right)
    case 'ends_with':
      return left.endsWith(right)
    case '>':
    case '>=':
    case '<':
    case '<=':
      return 'UnsupportedOperator'
  }
}

/** For families that know `==` and `!=` only. */
export function compareEqual(isEqual: boolean, operator: ComparisonOperator): Outcome {
  if (operator === '==') return isEqual
  return operator === '!=' ? !isEqual : 'UnsupportedOperator'
}
