import type { ExpressionDialect, ExpressionLiteral } from './expression.ts'
import { copyText, type ExpressionScanner, isKeyword, take, token } from './expression-scanner.ts'
import { ExpressionSyntaxError } from './expression-syntax-error.ts'
import { literalHint } from './syntax-hints.ts'

/** Reads the right-hand side: quoted text, boolean, hexadecimal, number or bareword, in this order (spec/03 §3). */
export function parseLiteral(scanner: ExpressionScanner, dialect: ExpressionDialect): ExpressionLiteral {
  const start = scanner.position
  const first = scanner.text[start]
  if (first === "'" || first === '"') {
    const text = takeQuoted(scanner, { quote: first, dialect })
    return { kind: 'string', text: copyText(text), start, end: scanner.position }
  }
  const word = take(scanner, token.unquoted) ?? ''
  const literal = readUnquoted(word, dialect)
  if (literal) return { kind: literal.kind, text: copyText(literal.text), start, end: scanner.position }
  scanner.position = start
  throw new ExpressionSyntaxError(
    first === undefined ? 'A value is missing at the end of the expression.' : 'A value is expected here.',
    { position: start, hint: literalHint(scanner, word) },
  )
}

const hexadecimal = /^0[xX][0-9a-fA-F]*$/
const number = /^[+-]?[0-9]+(?:\.[0-9]+)?$/
const bareword = /^[A-Za-z0-9_-]+$/

/**
 * The characters of numbers and barewords together are taken at once: what follows can only be a separator or an error,
 * and `1.5a` or `1-2` then fails as a whole, as the ordered choice of the grammar does.
 */
function readUnquoted(word: string, dialect: ExpressionDialect): Pick<ExpressionLiteral, 'kind' | 'text'> | undefined {
  const boolean = dialect === 'product' ? word.toLowerCase() : word
  if (boolean === 'true' || boolean === 'false') return { kind: 'boolean', text: boolean }
  if (hexadecimal.test(word)) return word.length > 2 ? { kind: 'string', text: word } : undefined
  if (number.test(word)) return { kind: 'number', text: word }
  const isBareword = bareword.test(word) && !isKeyword(word) && !/^[0-9-]+$/.test(word)
  return isBareword ? { kind: 'string', text: word } : undefined
}

function takeQuoted(
  scanner: ExpressionScanner,
  { quote, dialect }: { quote: string; dialect: ExpressionDialect },
): string {
  const start = scanner.position
  const { text } = scanner
  const parts: string[] = []
  let partStart = start + 1
  for (let position = start + 1; position < text.length; position += 1) {
    const character = text[position]
    if (character === quote) {
      parts.push(text.slice(partStart, position))
      scanner.position = position + 1
      return parts.join('')
    }
    if (character !== '\\') continue
    const escaped = text[position + 1]
    if (escaped !== quote && escaped !== '\\') {
      throw new ExpressionSyntaxError('A backslash in quotes must be followed by a backslash or the same quote.', {
        position,
        hint: 'Write \\\\ for a backslash.',
      })
    }
    if (dialect === 'product') {
      parts.push(text.slice(partStart, position))
      partStart = position + 1
    }
    position += 1
  }
  throw new ExpressionSyntaxError('The quoted text has no closing quote.', {
    position: start,
    hint: `Add ${quote} where the text ends.`,
  })
}
