import { describe, expect, it } from 'vitest'
import { compileExpression } from './compile-expression.ts'
import type { ExpressionChain } from './evaluate-expression.ts'
import { createParameters, type ExpressionParameter } from './parameters.ts'
import type { StructuredValue } from './structured-value.ts'
import { conformanceRows, resultText } from './testing/conformance-rows.ts'
import { productDifferences } from './testing/product-differences.ts'

const evaluate = (chain: ExpressionChain, text: string, ...parameters: ExpressionParameter[]): string =>
  resultText(compileExpression(chain, text).evaluate(createParameters(parameters)))

const evm = (text: string, kind: string, value: string, structure?: StructuredValue): string =>
  evaluate('evm', text, { name: 'v', kind, value, ...(structure && { structure }) })

const stellar = (text: string, kind: string, value: string): string =>
  evaluate('stellar', text, { name: 'v', kind, value })

describe('the product dialect', () => {
  it('differs from OZ Monitor in exactly the rows listed', () => {
    const differences = conformanceRows.flatMap(({ id, chain, expression, params, result }) => {
      const own = evaluate(chain, expression, ...params)
      return own === result ? [] : [[id, own]]
    })
    expect(differences).toEqual(Object.entries(productDifferences).map(([id, { result }]) => [id, result]))
  })

  const word = `0x12345678${'0'.repeat(56)}`
  it.each([
    ['v == 0x12345678', 'true'],
    ['v == 0X12345678', 'true'],
    [`v == ${word}`, 'true'],
    ['v != 0x12345678', 'false'],
    ['v == 0x1234567800', 'false'],
    ['v == 12345678', 'error:TypeMismatch'],
    ['v contains 345', 'error:TypeMismatch'],
    ["v contains '345'", 'true'],
    ["v contains '7800'", 'false'],
    ['v starts_with 0x1234', 'true'],
    ["v ends_with '78'", 'true'],
    ["v ends_with '00'", 'false'],
    ["v > 'a'", 'error:UnsupportedOperator'],
  ])('compares bytes4 as its four bytes: %s is %s', (text, result) => {
    expect(evm(text, 'bytes4', word)).toBe(result)
  })

  it('compares a function as text', () => {
    expect(evm('v starts_with 0xAB', 'function', `0xab${'0'.repeat(46)}`)).toBe('true')
  })

  it('has no integer kinds of other widths than the ABI has', () => {
    for (const kind of ['uint7', 'uint0', 'uint264', 'int08', 'uint']) {
      expect(evm('v == 1', kind, '1')).toBe('error:TypeMismatch')
    }
  })

  it('keeps negative literals an error for an unsigned EVM parameter itself', () => {
    expect(evm('v > -1', 'uint24', '1')).toBe('error:ParseError')
  })

  it('compares very large integers inside JSON with negative numbers too', () => {
    const max = (2n ** 256n - 1n).toString()
    expect(evm('v[0] > -1', 'uint256[]', `[${max}]`)).toBe('true')
    expect(evm(`v[0] == ${max}`, 'uint256[]', `[${max}]`)).toBe('true')
    expect(evm('v[0] < -5', 'int256[]', '[-100000000000000000000000]')).toBe('true')
    expect(stellar('v[0] > -1', 'Vec<U256>', `[${max}]`)).toBe('true')
    expect(stellar('v[0] < -5', 'Vec<I128>', '[-100000000000000000000000]')).toBe('true')
  })

  it.each([
    ['v > 4', 'I256', '5', 'true'],
    ["v >= '0x5'", 'I256', '5', 'true'],
    ["v < ' 6 '", 'U256', '5', 'true'],
    ['v > -1', 'U256', '5', 'true'],
    ['v == 5.0', 'U256', '5', 'error:ParseError'],
    ['v == true', 'U256', '5', 'error:TypeMismatch'],
    ['v contains 5', 'U256', '5', 'error:UnsupportedOperator'],
    ['v < 4294967296', 'U32', '5', 'error:ParseError'],
    ['v == 5', 'U32', '4294967296', 'error:ParseError'],
    ['v > -2147483649', 'I32', '5', 'error:ParseError'],
    ['v == 1_0', 'U32', '10', 'error:ParseError'],
  ])('compares Stellar integers by value: %s on %s %s is %s', (text, kind, value, result) => {
    expect(stellar(text, kind, value)).toBe(result)
  })

  it('is the error Syntax whatever the parameters when the text does not parse', () => {
    const compiled = compileExpression('evm', 'a = 1')
    expect(compiled).toMatchObject({ root: undefined, variables: [], syntaxError: { position: 2 } })
    expect(compiled.evaluate(createParameters([{ name: 'a', kind: 'uint256', value: '1' }]))).toEqual({
      error: 'Syntax',
    })
  })

  it('names every parameter it reads once', () => {
    expect(compileExpression('evm', 'b == 1 OR (a.b[0] == 2 AND b == 3) OR 0 > 1').variables).toEqual(['b', 'a', '0'])
  })

  it('uses the first of two parameters with one name', () => {
    const [first, second] = ['1', '2'].map((value) => ({ name: 'v', kind: 'uint256', value }))
    expect(evaluate('evm', 'v == 1', first!, second!)).toBe('true')
  })

  it('keeps parameters right when both chains read them in turn', () => {
    const parameters = createParameters([{ name: 'v', kind: 'bytes32', value: '0xAB' }])
    const text = 'v == 0xab'
    for (const [chain, result] of [
      ['evm', true],
      ['stellar', { error: 'TypeMismatch' }],
      ['evm', true],
    ] as const) {
      expect(compileExpression(chain, text).evaluate(parameters)).toEqual(result)
    }
  })
})

describe('what the decoder knows', () => {
  const scalar = (kind: string, text: string): StructuredValue => ({ kind, text })
  const address = '0xabcdef0123456789abcdef0123456789abcdef01'
  const order: StructuredValue = {
    kind: 'tuple',
    members: [
      { name: 'id', value: scalar('uint24', '7') },
      { name: 'note', value: scalar('string', 'say "hi", \\o/') },
      { name: 'owner', value: scalar('address', address) },
      { name: '', value: { kind: 'uint256[2]', elements: [scalar('uint256', '0'), scalar('uint256', '20')] } },
      { name: 'selector', value: scalar('bytes4', `0x12345678${'0'.repeat(56)}`) },
      { name: 'inner', value: { kind: 'tuple', members: [{ name: 'isOpen', value: scalar('bool', 'true') }] } },
    ],
  }
  const orderText = `(7,"say "hi", \\o/","${address}",[0,20],"0x12345678${'0'.repeat(56)}",(true))`
  const onOrder = (text: string) => evm(text, 'tuple', orderText, order)

  it.each([
    ['v.id == 7', 'true'],
    ['v[0] == 7', 'true'],
    ['v.id > -1', 'true'],
    ['v.note contains \'"HI"\'', 'true'],
    ['v.note == \'say "hi", \\\\o/\'', 'true'],
    ['v.owner == 0XABCDEF0123456789ABCDEF0123456789ABCDEF01', 'true'],
    ['v[3][1] >= 20', 'true'],
    ['v[3] contains 20.0', 'true'],
    ["v[3] == '[0, 20]'", 'true'],
    ['v[3] == \'[0, "20"]\'', 'false'],
    ['v.selector == 0x12345678', 'true'],
    ['v.inner.isOpen == TRUE', 'true'],
    ['v[5][0] == true', 'true'],
    ["v.inner == '( true )'", 'true'],
    ["v.inner contains 'true'", 'true'],
    ['v.missing == 1', 'error:FieldNotFound'],
    ['v.ID == 1', 'error:FieldNotFound'],
    ['v.0 == 7', 'error:FieldNotFound'],
    ['v[6] == 1', 'error:IndexOutOfBounds'],
    ['v.id.x == 1', 'error:TypeMismatch'],
    ['v[3].x == 1', 'error:TypeMismatch'],
    ['v contains 7.0', 'true'],
    ['v contains 0x12345678', 'true'],
    [`v contains '${address.slice(2)}'`, 'true'],
    ['v contains \'SAY "HI", \\\\O/\'', 'true'],
    ['v contains say', 'false'],
    ['v contains id', 'false'],
    [`v == '${orderText.replaceAll('\\', '\\\\')}'`, 'true'],
    [`v == '${orderText.replaceAll('\\', '\\\\').replace('say', 'SAY')}'`, 'false'],
  ])('navigates a tuple: %s is %s', (text, result) => {
    expect(onOrder(text)).toBe(result)
  })

  const list: StructuredValue = {
    kind: 'tuple[]',
    elements: ['a"', 'b'].map((name, index) => ({
      kind: 'tuple',
      members: [
        { name: 'to', value: scalar('string', name) },
        { name: 'amount', value: scalar('int56', String(index - 1)) },
      ],
    })),
  }

  it.each([
    ['v[1].to == B', 'true'],
    ['v[0].amount < 0', 'true'],
    ['v[1].amount > -1', 'true'],
    ['v[0] == \'("a"",-1)\'', 'true'],
    ['v contains b', 'true'],
    ["v contains 'A\"'", 'true'],
    ['v contains -1', 'true'],
    ['v == \'[["a\\\\"",-1],{"TO":"B","amount":0}]\'', 'true'],
    ["v != '[]'", 'true'],
    ["v == '{}'", 'error:TypeMismatch'],
    ['v == x', 'error:ParseError'],
    ['v contains true', 'error:TypeMismatch'],
    ['v[2] == 1', 'error:IndexOutOfBounds'],
  ])('navigates an array of tuples: %s is %s', (text, result) => {
    expect(evm(text, 'tuple[]', '[("a"",-1),("b",0)]', list)).toBe(result)
  })

  it('reads JSON in the text of a scalar all the same', () => {
    expect(evm('v.a == 1', 'string', '{"a":1}', scalar('string', '{"a":1}'))).toBe('true')
  })

  it('falls back to the text when the structure is nested too deeply to walk', () => {
    let deep: StructuredValue = scalar('uint256', '1')
    for (let level = 0; level < 100_000; level += 1) deep = { kind: 'uint256[]', elements: [deep] }
    expect(evm('v contains 5', 'uint256[]', '[5]', deep)).toBe('true')
  })
})
