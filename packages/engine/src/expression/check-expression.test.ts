import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkExpression } from './check-expression.ts'
import { compileExpression } from './compile-expression.ts'
import type { ExpressionChain } from './evaluate-expression.ts'
import type { DeclaredParameter } from './expression-finding.ts'
import { createParameters } from './parameters.ts'

const owner = '0xAbCdEf0123456789aBcDeF0123456789ABCDEF01'
const account = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'

const order: DeclaredParameter[] = [
  { name: 'id', kind: 'uint24' },
  { name: 'note', kind: 'string' },
  { name: '', kind: 'bool' },
  { name: 'legs', kind: 'tuple[2]', components: [{ name: 'size', kind: 'int56' }] },
]
const evm: DeclaredParameter[] = [
  { name: 'value', kind: 'uint256' },
  { name: 'delta', kind: 'int256' },
  { name: 'fee', kind: 'uint24' },
  { name: 'to', kind: 'address' },
  { name: 'memo', kind: 'string' },
  { name: 'data', kind: 'bytes' },
  { name: 'root', kind: 'bytes32' },
  { name: 'sig', kind: 'bytes4' },
  { name: 'open', kind: 'bool' },
  { name: 'ids', kind: 'uint256[]' },
  { name: 'order', kind: 'tuple', components: order },
  { name: 'orders', kind: 'tuple[]', components: order },
]
const stellar: DeclaredParameter[] = [
  { name: 'amount', kind: 'I128' },
  { name: 'wide', kind: 'U256' },
  { name: 'to', kind: 'Address' },
  { name: 'hash', kind: 'Bytes' },
  { name: 'topic', kind: 'Symbol' },
  { name: 'list', kind: 'Vec<U32>' },
  { name: 'map', kind: 'Map<Symbol,U32>' },
  { name: 'pair', kind: 'Tuple<U32,U32>' },
]

/** One line per finding: code, the text it is about, message and hint. */
const findings = (chain: ExpressionChain, text: string, parameters: readonly DeclaredParameter[]): string[] =>
  checkExpression(chain, text, parameters).map(({ code, start, end, message, hint }) =>
    `${code} <${text.slice(start, end)}> ${message} ${hint ?? ''}`.trim(),
  )

const evmFindings = (text: string) => findings('evm', text, evm)

describe('checkExpression', () => {
  it.each([
    'value > 1000 AND to == 0xAbCdEf0123456789aBcDeF0123456789ABCDEF01',
    "to == ''",
    'value == 1_000 OR value == 0x3e8',
    `delta == 0x${'f'.repeat(64)} OR delta < -5`,
    "memo contains 'x' OR memo.user[0].name == anything OR memo starts_with ''",
    'data starts_with 0xa9059cbb AND data == 0xa905',
    `root == 0x${'0a'.repeat(32)}`,
    'open == true',
    "ids contains 5 AND ids == '[1,2]' AND ids[0] > 4",
    "order == '(1)' AND order contains 5",
  ])('finds nothing wrong with %s', (text) => {
    expect(evmFindings(text)).toEqual([])
  })

  it.each([
    ['', /^expression_syntax <> The expression is empty/],
    ['value = 1', /^expression_syntax <=> .* Use == to compare/],
    ['valeu > 1', /^unknown_variable <valeu> There is no parameter valeu\. Did you mean value\?$/],
    ['Value > 1', /Did you mean value\?$/],
    ['unrelated > 1', /^unknown_variable <unrelated> .* Available: value, delta, .*orders\.$/],
    ['transaction.value > 1', /^unknown_variable <transaction> .* There is no prefix: write value\.$/],
    ['event.nothing[0] > 1', /There is no prefix: write nothing\[0\]\. Available:/],
    ['value contains 1', /^unsupported_operator <contains> An integer has no contains\. An integer has ==, !=, >/],
    [`to > ${owner}`, /^unsupported_operator <>> An address has no >\. An address has ==, !=\.$/],
    ['memo > a', /^unsupported_operator /],
    ['open contains true', /^unsupported_operator /],
    ["ids starts_with '1'", /^unsupported_operator /],
    ['value == true', /^invalid_literal <true> An integer is not compared with a boolean/],
    ['value == 1.5', /^invalid_literal <1\.5> .*fraction/],
    ['value > 1e18', /^invalid_literal <1e18> .*exponent.* Write out the zeros/],
    ['value > -1', /^invalid_literal <-1> .*without a sign\. It is never below zero/],
    ['value == delta', /^invalid_literal <delta> delta is not an integer\. .*two parameters/],
    ["value == ''", /^invalid_literal <''> Empty text is not an integer/],
    ['value == 0b11', /^invalid_literal <0b11> 0b11 is read as 3\. Write the number in decimal/],
    ['value == _', /^invalid_literal <_> _ is read as 0/],
    [`value < ${2n ** 256n}`, /^invalid_literal .* has more than 256 bits/],
    ['fee == 16777216', /^invalid_literal .*uint24 has no such value: 16777216 is out of range/],
    ['to == 5', /^invalid_literal <5> An address is not compared with a number\. Write the address with 0x/],
    ['to == 0x1234', /^invalid_literal <0x1234> An address has 40 digits, not 4/],
    ['to == vitalik', /^invalid_literal <vitalik> vitalik is not an address/],
    ['memo == 5', /^invalid_literal <5> Text is not compared with a number\. Put it in quotes: '5'/],
    ['data contains 12', /^invalid_literal <12> .*'12'/],
    ['data == abc', /^invalid_literal .*not bytes/],
    ['data == 0xabc', /^invalid_literal .*even number/],
    ['root == 0xab', /^invalid_literal .*32 bytes have 64 digits, not 2/],
    ['sig == 0xab', /^invalid_literal .*4 bytes have 8 digits, not 2/],
    ["open == 'true'", /^invalid_literal <'true'> .*without quotes/],
    ['ids contains true', /^invalid_literal <true> .*'true'/],
    ['ids == 1', /^invalid_literal <1> .*JSON list/],
    ["ids == '{}'", /^invalid_literal .*JSON list/],
    ["order == '1'", /^invalid_literal .*whole tuple/],
    ['value.x == 1', /^invalid_path <value\.x> .*uint256 has no parts/],
    ['ids.first == 1', /^invalid_path <ids\.first> A list has no members/],
    ['order.size == 1', /^invalid_path <order\.size> The tuple has no member size\. Members: id, note, legs\.$/],
    ['order[4] == 1', /^invalid_path .*4 members/],
    ['order.legs[2].size == 1', /^invalid_path .*2 elements/],
    ['order.id == -1.5', /^invalid_literal .*fraction/],
    ['orders[9].legs[1].size == x', /^invalid_literal /],
    ['memo containsx', /^missing_space <containsx> contains runs into x/],
    ['fee == 3000', /^differs_from_oz <fee == 3000> .*of this kind\.$/],
    ['order.id == 5', /^differs_from_oz .*members of tuples/],
    ['orders contains 5', /^differs_from_oz .*lists of tuples/],
    ['open == TRUE', /^differs_from_oz .*lower case/],
    ["memo == 'it\\'s'", /^differs_from_oz .*backslashes/],
    [`to == 0X${owner.slice(2)}`, /^differs_from_oz .*0X/],
    ['ids[0] > -1', /^differs_from_oz .*negative/],
  ])('says of %j what is wrong', (text, line) => {
    const lines = evmFindings(text)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(line)
  })

  it.each([
    [`amount > -5 AND to == ${account.toLowerCase()} AND hash == ab AND topic contains x`, undefined],
    ["list contains 1 AND list[0] == 1 AND map.x > 5 AND map == '{}' AND pair[0] == 1 AND list == 'a,b'", undefined],
    ['wide == 5', undefined],
    ['amount == 0b1', /^invalid_literal .*not an integer here/],
    ['amount == 1_0', /^invalid_literal .*not an integer here/],
    [`amount < ${2n ** 127n}`, /^invalid_literal .*out of range/],
    ['to == GABC', /^invalid_literal .*56 characters, not 4/],
    ['hash == 0xab', /^invalid_literal .*no 0x/],
    ['pair == 1', /^unsupported_operator <pair == 1> .*Tuple<U32,U32> cannot be compared/],
    ['list.x == 1', /^invalid_path .*vec has no members/],
    ['map[0] == 1', /^invalid_path .*map has no positions/],
    ['amount.x == 1', /^invalid_path .*no parts/],
    ['map == 5', /^invalid_literal .*JSON object/],
    ['wide > 5', /^differs_from_oz .*256 bits/],
    ["amount == '5'", /^differs_from_oz .*plain decimal/],
  ])('knows the kinds of Stellar: %j', (text, line) => {
    const lines = findings('stellar', text, stellar)
    if (line === undefined) return expect(lines).toEqual([])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(line)
  })

  it('reports every problem in the order of the text, two of one comparison too', () => {
    const codes = checkExpression('evm', "nope == 1 OR (memo > 5 AND value.x == 1) ORvalue == 'x'", evm).map(
      (f) => f.code,
    )
    expect(codes.join(' ')).toBe(
      'unknown_variable unsupported_operator invalid_literal invalid_path missing_space invalid_literal',
    )
  })

  it('reads ORDER as OR DER, and says so', () => {
    expect(evmFindings('value == 5 ORDER == 2')).toEqual([
      expect.stringMatching(/^missing_space <ORDER> OR runs into DER/),
      expect.stringMatching(/^unknown_variable <DER>/),
    ])
  })

  it('says that parameters without a name cannot be used', () => {
    expect(findings('evm', 'x == 1', [{ name: '', kind: 'uint256' }])[0]).toContain('without a name cannot be used')
    expect(findings('evm', 'x == 1', [])[0]).toContain('There are no parameters here')
  })

  it('repeats no more than 60 characters of a text', () => {
    const long = 'x'.repeat(10_000)
    for (const text of [
      `${long} == 1`,
      `value == ${long}`,
      `to == ${long}`,
      `order.${long} == 1`,
      `memo contains${long}`,
    ]) {
      for (const { message, hint } of checkExpression('evm', text, evm)) {
        expect(Math.max(0, ...(`${message} ${hint}`.match(/x+/g) ?? []).map((run) => run.length))).toBeLessThanOrEqual(
          60,
        )
      }
    }
  })

  it('ends for very many problems', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `name${index} == 1`).join(' AND ')
    expect(checkExpression('evm', text, evm)).toHaveLength(20_000)
  })

  it('finds a problem in every comparison that is an error whatever the value, and in none that can be true', () => {
    const values: Record<string, string> = {
      value: '5',
      delta: '-5',
      fee: '5',
      to: owner,
      memo: 'abc',
      data: '0xabcd',
      root: `0x${'ab'.repeat(32)}`,
      sig: `0x12345678${'0'.repeat(56)}`,
      open: 'true',
      ids: '[1,5]',
      order: '(5,"a")',
    }
    const names = fc.constantFrom(...Object.keys(values))
    const operators = fc.constantFrom('==', '!=', '>', '<=', 'contains', 'starts_with', 'ends_with')
    const literals = fc.constantFrom(
      '5',
      '-5',
      '1.5',
      "'5'",
      'true',
      'abc',
      owner,
      '0xabcd',
      "'[1,5]'",
      '\'(5,"a")\'',
      '0x12345678',
      "''",
    )
    fc.assert(
      fc.property(names, operators, literals, (name, operator, literal) => {
        const text = `${name} ${operator} ${literal}`
        const parameters = evm.map((declared) => ({ ...declared, value: values[declared.name] ?? '' }))
        const list = parameters.map(({ name: own, kind, value }) => ({ name: own, kind, value }))
        const result = compileExpression('evm', text).evaluate(createParameters(list))
        const problems = checkExpression('evm', text, evm).filter(({ code }) => code !== 'differs_from_oz')
        if (typeof result === 'object') expect(problems, text).not.toEqual([])
        // Always true is no use either.
        if (result === true && operator !== '!=' && operator !== '<=') expect(problems, text).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })

  it('never throws, and every finding is within the text', () => {
    const soup = fc
      .array(
        fc.constantFrom(...'value to memo order .id [0] == > contains AND OR ( ) 5 0x1 true "a" x -'.split(' '), ' '),
      )
      .map((parts) => parts.join(' '))
    fc.assert(
      fc.property(fc.oneof(soup, fc.string()), fc.constantFrom('evm' as const, 'stellar' as const), (text, chain) => {
        for (const { start, end } of checkExpression(chain, text, chain === 'evm' ? evm : stellar)) {
          expect(start).toBeLessThanOrEqual(end)
          expect(end).toBeLessThanOrEqual(text.length)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
