import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileExpression } from './compile-expression.ts'
import { evaluateExpression } from './evaluate-expression.ts'
import { ExpressionSyntaxError } from './expression-syntax-error.ts'
import { createParameters, type ExpressionParameter } from './parameters.ts'
import { parseExpression } from './parse-expression.ts'
import type { StructuredValue } from './structured-value.ts'
import { resultText } from './testing/conformance-rows.ts'
import { productDifferences } from './testing/product-differences.ts'

const tokens = fc.constantFrom(
  ...'a ~b ~c ~0~a.b~b[0]~c[1].d~.~[0]~(~)~ ~\t~\n~AND~or~ AND ~ OR ~==~!=~>~>=~<~<=~=~!~&&~NOT'.split('~'),
  ...` contains ~ starts_with ~ ends_with ~1~-1~1.5~0x~0xff~true~TRUE~'x'~"[1]"~'(1)'~'~"~\\~1_0~0b1~$~é~,`.split('~'),
)
const soup = fc.array(tokens, { maxLength: 30 }).map((parts) => parts.join(''))
const left = fc.constantFrom('a', 'b', 'c', 'a[0]', 'b.a', 'c[1].b', 'a.0')
const operator = fc.constantFrom('==', '!=', '>', '<=', 'contains', 'starts_with', 'ends_with')
const right = fc.oneof(
  fc.constantFrom('1', '-1', '1.0', '0xff', 'true', "''", "'[1,2]'", "'{}'", "'(1,2)'", 'x', '_', "'-'", "' 0x '"),
  fc
    .string({ unit: fc.constantFrom('1', '[', ']', '(', ')', '{', '}', '"', ',', ':', ' ', 'a', '-', '.', '_') })
    .map((text) => `'${text}'`),
)
const valid = fc
  .array(fc.tuple(left, operator, right), { minLength: 1, maxLength: 4 })
  .map((comparisons) => comparisons.map((parts) => parts.join(' ')).join(' OR '))
const expressions = fc.oneof(fc.string(), soup, valid)

const evmKinds =
  'uint256 int256 uint24 number address string bytes bytes4 bytes32 bool function array uint256[] uint24[2] tuple'
const stellarKinds =
  'U32 I128 U256 Timepoint Bool Symbol Address Vec Vec<U32> Map Map<String,U32> Bytes Tuple<U32> null map'
const kinds = fc.oneof(fc.constantFrom(...evmKinds.split(' '), ...stellarKinds.split(' ')), fc.string())
const values = fc.oneof(
  fc.json(),
  fc.string(),
  fc.bigInt().map(String),
  fc.constantFrom('', 'true', '1', '[1]', '[1,[2]]', '(1,"a",(2))', '([(1)])', '{"a":{"b":1}}', '0x'),
  fc.string({ unit: fc.constantFrom('[', ']', '(', ')', '{', '}', '"', "'", ',', '1', 'a', '\\', ' ') }),
)
const { structures } = fc.letrec<{ structures: StructuredValue }>((tie) => ({
  structures: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: kinds, text: values }),
    fc.record({ kind: kinds, elements: fc.array(tie('structures'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('tuple' as const),
      members: fc.array(fc.record({ name: fc.constantFrom('a', 'b', ''), value: tie('structures') }), { maxLength: 3 }),
    }),
  ),
}))
const parameters: fc.Arbitrary<ExpressionParameter[]> = fc.array(
  fc.record(
    { name: fc.constantFrom('a', 'b', 'c', '0', ''), kind: kinds, value: values, structure: structures },
    { requiredKeys: ['name', 'kind', 'value'] },
  ),
  { maxLength: 4 },
)
const chains = fc.constantFrom('evm' as const, 'stellar' as const)

const results =
  /^(?:true|false|error:(?:VariableNotFound|TypeMismatch|UnsupportedOperator|ParseError|IndexOutOfBounds|FieldNotFound))$/

describe('random expressions and parameters', () => {
  it('parse or are a syntax error within the text, with a message of bounded length', () => {
    fc.assert(
      fc.property(expressions, fc.constantFrom('oz' as const, 'product' as const), (text, dialect) => {
        try {
          parseExpression(text, { dialect })
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionSyntaxError)
          if (!(error instanceof ExpressionSyntaxError)) return
          expect(error.position).toBeLessThanOrEqual(text.length)
          expect(error.message.length + (error.hint?.length ?? 0)).toBeLessThan(250)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('evaluate to a boolean or an error and never throw, and explaining gives the same', () => {
    fc.assert(
      fc.property(chains, expressions, parameters, (chain, text, list) => {
        const compiled = compileExpression(chain, text)
        const shared = createParameters(list)
        const result = compiled.evaluate(shared)
        expect(resultText(result)).toMatch(compiled.root ? results : /^error:Syntax$/)
        expect(compiled.explain(createParameters(list)).result).toEqual(result)
        expect(compiled.evaluate(shared)).toEqual(result)
        evaluateExpression(chain, text, list)
      }),
      { numRuns: 5_000 },
    )
  })

  it('that match for OZ Monitor match in the product dialect, unless a negation or a fixed defect is in play', () => {
    expect(Object.values(productDifferences).every(({ result }) => result !== 'error:Syntax')).toBe(true)
    const positive = valid.filter((text) => !/!=|<|\\|0[xX]/.test(text))
    fc.assert(
      fc.property(chains, positive, parameters, (chain, text, list) => {
        // As text, U256 and I256 are equal to what is no integer.
        const plain = list.filter(({ kind }) => kind !== 'U256').map(({ name, kind, value }) => ({ name, kind, value }))
        if (evaluateExpression(chain, text, plain) !== true) return
        expect(compileExpression(chain, text).evaluate(createParameters(plain))).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  it('end for pathological values', () => {
    const size = 200_000
    const texts = ['[', '(', '{"a":', '[1,', '"', "'", ',', '(,', '\\', ' ', '0', '[]', '-', '_', '\u2003a']
    const comparisons = ['v contains 1', "v == '[1]'", 'v[0] == 1', "v == '(1)'", "v starts_with '1'", 'v.a == 1']
    for (const chain of ['evm', 'stellar'] as const) {
      for (const kind of ['uint256', 'int8', 'address', 'string', 'array', 'tuple', 'U32', 'Vec', 'Map', 'Address']) {
        for (const text of texts) {
          const list = [{ name: 'v', kind, value: text.repeat(size / text.length) }]
          for (const comparison of comparisons) {
            expect(compileExpression(chain, comparison).evaluate(createParameters(list))).not.toBe('')
          }
        }
      }
    }
  })
})
