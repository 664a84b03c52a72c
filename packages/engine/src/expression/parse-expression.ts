import {
  type Accessor,
  type ComparisonExpression,
  type ComparisonOperator,
  type Expression,
  EXPRESSION_DEPTH_MAX,
  type ExpressionDialect,
  type ExpressionPath,
} from './expression.ts'
import {
  copyText,
  type ExpressionScanner,
  isAtEnd,
  isKeyword,
  peek,
  skipSpaces,
  take,
  token,
} from './expression-scanner.ts'
import { ExpressionSyntaxError } from './expression-syntax-error.ts'
import { parseLiteral } from './parse-literal.ts'
import { comparatorHint, continuationHint, operandHint } from './syntax-hints.ts'

/**
 * Parses a filter expression (spec/03 §2, §3) in time linear in its length.
 *
 * Both dialects accept the same operators, without word boundaries too (`a == 1 ANDb == 2`): what OZ Monitor matches
 * must match here. The product dialect, which is the default, also takes `TRUE` and `False`, and removes the escapes
 * of quoted text (spec/03 §11.3, §11.4).
 *
 * @throws ExpressionSyntaxError and nothing else.
 */
export function parseExpression(
  text: string,
  { dialect = 'product' }: { dialect?: ExpressionDialect } = {},
): Expression {
  const scanner = { text, position: 0, depth: 0, dialect }
  skipSpaces(scanner)
  if (isAtEnd(scanner)) {
    throw new ExpressionSyntaxError('The expression is empty.', { position: 0, hint: operandHint(scanner) })
  }
  const expression = parseOr(scanner)
  if (isAtEnd(scanner)) return expression
  const { position } = scanner
  throw new ExpressionSyntaxError(
    text[position] === ')' ? 'A closing parenthesis has no opening one.' : 'AND, OR or the end is expected here.',
    { position, hint: continuationHint(scanner) },
  )
}

type Parser = ExpressionScanner & { depth: number; readonly dialect: ExpressionDialect }

function parseOr(parser: Parser): Expression {
  return parseChain(parser, 'or', parseAnd)
}

function parseAnd(parser: Parser): Expression {
  return parseChain(parser, 'and', parseTerm)
}

function parseChain(parser: Parser, kind: 'and' | 'or', parseOperand: (parser: Parser) => Expression): Expression {
  const start = parser.position
  const first = parseOperand(parser)
  let end = parser.position
  skipSpaces(parser)
  if (peek(parser, token[kind]) === undefined) return first
  const operands = [first]
  while (take(parser, token[kind]) !== undefined) {
    skipSpaces(parser)
    operands.push(parseOperand(parser))
    end = parser.position
    skipSpaces(parser)
  }
  return { kind, operands, start, end: trimmedEnd(parser, end) }
}

/** An operand that is itself a chain has looked for its next operator behind spaces. */
function trimmedEnd({ text }: Parser, end: number): number {
  let trimmed = end
  while (text[trimmed - 1] === ' ' || text[trimmed - 1] === '\t') trimmed -= 1
  return trimmed
}

function parseTerm(parser: Parser): Expression {
  const start = parser.position
  if (parser.text[start] !== '(') return parseComparison(parser)
  if (parser.depth >= EXPRESSION_DEPTH_MAX) {
    throw new ExpressionSyntaxError(`Parentheses are nested deeper than ${EXPRESSION_DEPTH_MAX} levels.`, {
      position: start,
      hint: 'Remove parentheses that change nothing.',
    })
  }
  parser.depth += 1
  parser.position += 1
  skipSpaces(parser)
  const expression = parseOr(parser)
  if (parser.text[parser.position] !== ')') {
    throw isAtEnd(parser)
      ? new ExpressionSyntaxError('A parenthesis is not closed.', {
          position: start,
          hint: 'Add a closing parenthesis.',
        })
      : new ExpressionSyntaxError('AND, OR or a closing parenthesis is expected here.', {
          position: parser.position,
          hint: continuationHint(parser),
        })
  }
  parser.depth -= 1
  parser.position += 1
  return expression
}

function parseComparison(parser: Parser): ComparisonExpression {
  const start = parser.position
  const path = parsePath(parser)
  skipSpaces(parser)
  const operator = comparisonOperators.get(take(parser, token.comparator)?.toLowerCase() ?? '')
  if (operator === undefined) {
    throw new ExpressionSyntaxError('A comparison operator is expected here.', {
      position: parser.position,
      hint: comparatorHint(parser, path.base),
    })
  }
  skipSpaces(parser)
  const literal = parseLiteral(parser, parser.dialect)
  return { kind: 'comparison', path, operator, literal, start, end: parser.position }
}

function parsePath(parser: Parser): ExpressionPath {
  const start = parser.position
  const base = takeBase(parser)
  if (base === undefined) {
    throw new ExpressionSyntaxError(
      isAtEnd(parser) ? 'A comparison is missing at the end of the expression.' : 'A comparison is expected here.',
      { position: start, hint: operandHint(parser) },
    )
  }
  const accessors: Accessor[] = []
  for (let accessor = takeAccessor(parser); accessor; accessor = takeAccessor(parser)) accessors.push(accessor)
  return { base: copyText(base), accessors, start, end: parser.position }
}

function takeBase(parser: Parser): string | undefined {
  const name = peek(parser, token.identifier)
  if (name !== undefined) return isKeyword(name) ? undefined : take(parser, token.identifier)
  return takeBefore(parser, token.digits, token.afterDigits)
}

function takeAccessor(parser: Parser): Accessor | undefined {
  const start = parser.position
  const opening = parser.text[start]
  if (opening !== '[' && opening !== '.') return undefined
  parser.position += 1
  const accessor = opening === '[' ? takeIndex(parser) : takeKey(parser)
  // Not an accessor: the error is at its start, where an operator should have been.
  if (!accessor) parser.position = start
  return accessor
}

const INDEX_MAX = 2n ** 64n - 1n
const INDEX_DIGITS_MAX = 20

function takeIndex(parser: Parser): Accessor | undefined {
  const digits = take(parser, token.digits)?.replace(/^0+(?=[0-9])/, '')
  if (digits === undefined || digits.length > INDEX_DIGITS_MAX || parser.text[parser.position] !== ']') return undefined
  const index = BigInt(digits)
  if (index > INDEX_MAX) return undefined
  parser.position += 1
  return { kind: 'index', index: index <= Number.MAX_SAFE_INTEGER ? Number(index) : index }
}

function takeKey(parser: Parser): Accessor | undefined {
  const key = takeBefore(parser, token.identifier, token.afterKey) ?? takeBefore(parser, token.digits, token.afterKey)
  return key === undefined ? undefined : { kind: 'key', key }
}

function takeBefore(parser: Parser, pattern: RegExp, follower: RegExp): string | undefined {
  const start = parser.position
  const taken = take(parser, pattern)
  if (taken === undefined || peek(parser, follower) !== undefined) return taken
  parser.position = start
  return undefined
}

/** To one constant per operator: a piece of the source is slower to compare with. */
const comparisonOperators: ReadonlyMap<string, ComparisonOperator> = new Map(
  (['==', '!=', '>', '>=', '<', '<=', 'contains', 'starts_with', 'ends_with'] as const).map((name) => [name, name]),
)
