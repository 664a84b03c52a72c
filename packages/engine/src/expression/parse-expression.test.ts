import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Expression, EXPRESSION_DEPTH_MAX, type ExpressionDialect } from './expression.ts'
import { ExpressionSyntaxError } from './expression-syntax-error.ts'
import { parseExpression } from './parse-expression.ts'
import { printExpression } from './print-expression.ts'

const syntaxError = (text: string, dialect: ExpressionDialect = 'product'): ExpressionSyntaxError => {
  try {
    parseExpression(text, { dialect })
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return error
    throw error
  }
  throw new Error(`Parsed: ${text}`)
}

describe('parseExpression', () => {
  it('gives every part its place in the source', () => {
    const text = " a.b[2] >= 0x1F  AND ( c == 'x y' OR d contains z )\t"
    const root = parseExpression(text)
    const places: string[] = []
    const visit = (node: Expression): void => {
      places.push(text.slice(node.start, node.end))
      if (node.kind !== 'comparison') return node.operands.forEach(visit)
      places.push(text.slice(node.path.start, node.path.end), text.slice(node.literal.start, node.literal.end))
    }
    visit(root)
    expect(places).toEqual([
      "a.b[2] >= 0x1F  AND ( c == 'x y' OR d contains z )",
      'a.b[2] >= 0x1F',
      'a.b[2]',
      '0x1F',
      "c == 'x y' OR d contains z",
      "c == 'x y'",
      'c',
      "'x y'",
      'd contains z',
      'd',
      'z',
    ])
  })

  it('keeps a chain in one node and a group in its own', () => {
    expect(parseExpression('a == 1 AND b == 2 AND (c == 3 AND d == 4) OR e == 5')).toMatchObject({
      kind: 'or',
      operands: [{ kind: 'and', operands: [{}, {}, { kind: 'and', operands: [{}, {}] }] }, { kind: 'comparison' }],
    })
  })

  it('takes the largest index and no larger one', () => {
    expect(parseExpression('v[18446744073709551615] == 1')).toMatchObject({
      path: { accessors: [{ kind: 'index', index: 2n ** 64n - 1n }] },
    })
    expect(parseExpression(`v[${'0'.repeat(99)}7] == 1`)).toMatchObject({ path: { accessors: [{ index: 7 }] } })
    expect(syntaxError('v[18446744073709551616] == 1').position).toBe(1)
  })

  it('removes escapes and takes booleans in capitals in the product dialect only', () => {
    expect(parseExpression("a == 'it\\'s \\\\'")).toMatchObject({ literal: { text: "it's \\" } })
    expect(parseExpression("a == 'it\\'s'", { dialect: 'oz' })).toMatchObject({ literal: { text: "it\\'s" } })
    expect(parseExpression('a == True')).toMatchObject({ literal: { kind: 'boolean', text: 'true' } })
    expect(syntaxError('a == True', 'oz').hint).toBe('Write true and false in lower case.')
  })

  it.each([
    ['', 0, 'Write a comparison'],
    [' \t', 0, 'Write a comparison'],
    ['a == 1 && b == 2', 7, 'Use AND'],
    ['a == 1 || b == 2', 7, 'Use OR'],
    ['a = 1', 2, 'Use == to compare'],
    ['a === 1', 4, 'Use == to compare'],
    ['NOT a == 1', 4, 'There is no NOT'],
    ['!a', 0, 'There is no NOT'],
    ['a ! = 1', 2, 'Write != without a space'],
    ['a == 1\nAND b == 2', 6, 'Line breaks'],
    ['a\u00a0== 1', 1, 'ordinary spaces'],
    ['(a == 1', 0, 'Add a closing parenthesis'],
    ['a == 1)', 6, 'Remove the parenthesis'],
    ['()', 1, 'between the parentheses'],
    ["a == 'x", 5, "Add '"],
    ["a == 'x\\n'", 7, 'a backslash'],
    ['a == 1 b == 2', 7, 'Join comparisons'],
    ['a == hello world', 11, 'Join comparisons'],
    ['a == [1]', 5, 'in quotes'],
    ['a == b.c', 5, 'in quotes'],
    ['a == $x', 5, 'must be a literal'],
    ['a == 0x', 5, 'hexadecimal digit'],
    ['a == .5', 5, 'number'],
    ['a == and', 5, 'in quotes'],
    ['1 + 1 == 2', 2, 'no arithmetic'],
    ['true == a', 0, 'on the left'],
    ["'a' == 1", 0, 'on the left'],
    ['and == 1', 0, 'keyword'],
    ['a[-1] == 1', 1, 'whole number'],
    ['a. == 1', 1, 'after the dot'],
    ['a', 1, 'Use ==, !='],
    ['a ==', 4, undefined],
    ['a == 1 AND', 10, 'Write a comparison'],
  ])('says where %j is wrong and what to write', (text, position, hint) => {
    const error = syntaxError(text)
    expect(error.position).toBe(position)
    if (hint === undefined) expect(error.hint).toBeUndefined()
    else expect(error.hint).toContain(hint)
  })

  it('takes parentheses up to the limit and refuses more', () => {
    const nest = (depth: number) => `${'('.repeat(depth)}a == 1${')'.repeat(depth)}`
    expect(parseExpression(nest(EXPRESSION_DEPTH_MAX))).toMatchObject({ kind: 'comparison' })
    expect(syntaxError(nest(EXPRESSION_DEPTH_MAX + 1)).position).toBe(EXPRESSION_DEPTH_MAX)
  })

  it('ends for pathological texts of any length', () => {
    const size = 200_000
    const chain = parseExpression(Array.from({ length: size / 10 }, () => 'a == 1').join(' AND '))
    expect(chain).toMatchObject({ kind: 'and', operands: { length: size / 10 } })
    for (const text of [
      '(',
      'a == 1 AND ',
      'a == 1 OR',
      ' ',
      'a',
      '.a',
      '[0]',
      "'",
      'a == 1 AND (',
      '0',
      '\\',
      'or',
      'a==1)',
    ]) {
      expect(() => parseExpression(text.repeat(size / text.length))).toThrow(ExpressionSyntaxError)
    }
    for (const part of ['\\\\', "\\'", ' ', '\n', '0']) {
      expect(parseExpression(`a == '${part.repeat(size)}'`)).toMatchObject({ kind: 'comparison' })
    }
  })
})

const names = fc.stringMatching(/^[a-z_][A-Za-z0-9_]{0,5}$/).filter((name) => !/^(?:and|or|true|false)$/i.test(name))
const texts = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom("'", '"', '\\', 'a', ' ', '\n') }))
const numbers = fc.stringMatching(/^[+-]?[0-9]{1,5}(\.[0-9]{1,3})?$/)
const literals = fc.oneof(
  fc.record({
    kind: fc.constant('string' as const),
    text: fc.oneof(texts, fc.stringMatching(/^0[xX][0-9a-fA-F]{1,9}$/)),
  }),
  fc.record({ kind: fc.constant('number' as const), text: numbers }),
  fc.record({ kind: fc.constant('boolean' as const), text: fc.constantFrom('true', 'false') }),
)
const indexes = fc.oneof(fc.nat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }))
const accessors = fc.oneof(
  fc.record({ kind: fc.constant('index' as const), index: indexes }),
  fc.record({ kind: fc.constant('key' as const), key: fc.oneof(names, fc.constantFrom('and', 'contains', '0', '07')) }),
)
const operators = ['==', '!=', '>', '>=', '<', '<=', 'contains', 'starts_with', 'ends_with'] as const
const place = { start: 0, end: 0 }
const { expressions } = fc.letrec<{ expressions: Expression }>((tie) => ({
  expressions: fc.oneof(
    { maxDepth: 4 },
    fc
      .record({
        base: fc.oneof(names, fc.constantFrom('0', '12')),
        accessors: fc.array(accessors, { maxLength: 3 }),
        operator: fc.constantFrom(...operators),
        literal: literals,
      })
      .map(({ base, accessors: path, operator, literal }) => ({
        kind: 'comparison' as const,
        path: { base, accessors: path, ...place },
        operator,
        literal: { ...literal, ...place },
        ...place,
      })),
    fc
      .record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        operands: fc.array(tie('expressions'), { minLength: 2, maxLength: 4 }),
      })
      .map((node) => ({ ...node, ...place })),
  ),
}))

const withoutPlaces = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member) => {
      if (key === 'start' || key === 'end') return undefined
      return typeof member === 'bigint' ? `${member}n` : member
    }),
  )

describe('printExpression', () => {
  it('prints the one canonical text', () => {
    const text = "((a==0XfF and b contains \"it's\")) or ( c[1].k!='x'AND(d>1 OR e<=+2.50) )"
    expect(printExpression(parseExpression(text))).toBe(
      "a == 0XfF AND b contains \"it's\" OR c[1].k != 'x' AND (d > 1 OR e <= +2.50)",
    )
  })

  it('is undone by parsing, whatever the expression', () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        expect(withoutPlaces(parseExpression(printExpression(expression)))).toEqual(withoutPlaces(expression))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is undone by parsing in the OZ dialect, whatever was written', () => {
    const quoted = fc
      .constantFrom("'", '"')
      .chain((quote) =>
        fc
          .array(fc.constantFrom('a', '\\\\', `\\${quote}`, quote === "'" ? '"' : "'", ' '))
          .map((parts) => quote + parts.join('') + quote),
      )
    fc.assert(
      fc.property(quoted, (literal) => {
        const parsed = parseExpression(`a == ${literal}`, { dialect: 'oz' })
        const printed = printExpression(parsed, { dialect: 'oz' })
        expect(withoutPlaces(parseExpression(printed, { dialect: 'oz' }))).toEqual(withoutPlaces(parsed))
      }),
      { numRuns: 1_000 },
    )
  })
})
