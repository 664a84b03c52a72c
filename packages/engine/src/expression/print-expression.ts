import type { Expression, ExpressionDialect, ExpressionLiteral, ExpressionPath } from './expression.ts'

/**
 * Canonical text of an expression: single spaces, AND and OR in capitals, no needless parentheses, text in quotes except
 * hexadecimal. Parsing it again in the same dialect gives the same expression, positions aside.
 */
export function printExpression(
  expression: Expression,
  { dialect = 'product' }: { dialect?: ExpressionDialect } = {},
): string {
  if (expression.kind === 'comparison') {
    const { path, operator, literal } = expression
    return `${printPath(path)} ${operator} ${printLiteral(literal, dialect)}`
  }
  const operands = expression.operands.map((operand) => {
    const text = printExpression(operand, { dialect })
    const isTighter = operand.kind === 'comparison' || (expression.kind === 'or' && operand.kind === 'and')
    return isTighter ? text : `(${text})`
  })
  return operands.join(expression.kind === 'and' ? ' AND ' : ' OR ')
}

export function printPath({ base, accessors }: ExpressionPath): string {
  const parts = accessors.map((accessor) => (accessor.kind === 'index' ? `[${accessor.index}]` : `.${accessor.key}`))
  return base + parts.join('')
}

function printLiteral({ kind, text }: ExpressionLiteral, dialect: ExpressionDialect): string {
  if (kind !== 'string' || /^0[xX][0-9a-fA-F]+$/.test(text)) return text
  // The raw text of the OZ dialect goes back between quotes it can stand in as it is.
  if (dialect === 'oz') return /['\\]/.test(text.replaceAll(/\\['\\]/g, '')) ? `"${text}"` : `'${text}'`
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  return quote + text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote
}
