import { describe, expect, it } from 'vitest'
import { compileExpression } from './compile-expression.ts'
import { evaluateExpression } from './evaluate-expression.ts'
import { createParameters } from './parameters.ts'

const G = 'GDVEU3DD4KOFECV66VIHWEZOYX4ZKR3WV27L464SIIPOU2IUI3JCZA57'
const I128_LOW = '-18446744073709551617'
const U128_MAX = '340282366920938463463374607431768211455'
const map = '{"a":"x","n":3,"z":null,"f":1.5}'
const typed = '{"amount":{"type":"I128","value":"1000"}}'

type Result = boolean | string
type Row = [id: string, kind: string, value: string, expression: string, oz: Result, here?: Result]

/** spec/05 §15.5: kind and value of `p`, the expression, what OZ Monitor says, and what we say where that differs. */
const rows: Row[] = [
  ['X01', 'U64', '100', 'p > 50', true],
  ['X01', 'U64', '100', 'p <= 50', false],
  ['X01', 'U64', '100', 'p == +100', true],
  ['X02', 'U64', '100', "p == '100'", 'TypeMismatch', true],
  ['X02', 'U64', '100', 'p == 100.0', 'ParseError'],
  ['X02', 'U64', '100', 'p > -1', 'ParseError', true],
  ['X02', 'U64', '100', 'p contains 1', 'UnsupportedOperator'],
  ['X03', 'U32', '7', 'p < 4294967296', 'ParseError'],
  ['X04', 'I128', I128_LOW, 'p < 0', true],
  ['X05', 'U128', U128_MAX, `p == ${U128_MAX}`, true],
  ['X06', 'U256', '5', 'p == 5', true],
  ['X06', 'U256', '5', "p == '5'", true],
  ['X06', 'U256', '5', 'p == 05', false, true],
  ['X06', 'U256', '5', 'p > 4', 'UnsupportedOperator', true],
  ['X07', 'Bool', 'true', 'p == true', true],
  ['X07', 'Bool', 'true', "p == 'true'", 'TypeMismatch'],
  ['X07', 'Bool', 'true', 'p > false', 'UnsupportedOperator'],
  ['X07', 'Bool', 'true', 'p == TRUE', 'Syntax', true],
  ['X08', 'Bool', 'TRUE', 'p == true', 'ParseError'],
  ['X09', 'String', 'Alice', "p == 'aLiCe'", true],
  ['X09', 'String', 'Alice', "p contains 'ICE'", true],
  ['X09', 'String', 'Alice', "p starts_with 'ali'", true],
  ['X09', 'String', 'Alice', "p > 'a'", 'UnsupportedOperator'],
  ['X09', 'String', 'Alice', 'p == 5', 'TypeMismatch'],
  ['X10', 'Symbol', 'HELLO', 'p == hello', true],
  ['X11', 'Address', G, `p == ${G.toLowerCase()}`, true],
  ['X11', 'Address', G, `p == ' ${G.slice(0, 9)} ${G.slice(9)} '`, true],
  ['X11', 'Address', G, `p contains '${G.slice(3, 9)} ${G.slice(9, 12)}'`, false],
  ['X11', 'Address', G, "p starts_with 'gdve'", true],
  ['X12', 'Bytes', 'ab0100', "p == 'AB0100'", true],
  ['X12', 'Bytes', 'ab0100', 'p == 0xab0100', false],
  ['X13', 'Bytes32', 'cd', "p == 'cd'", 'TypeMismatch'],
  ['X14', 'Void', '', "p == ''", 'TypeMismatch'],
  ['X15', 'Timepoint', '1735440610', 'p >= 1735440610', true],
  ['X16', 'Vec', '["alice","bob"]', "p contains 'ALICE'", true],
  ['X16', 'Vec', '["alice","bob"]', `p == '[ "alice", "bob" ]'`, true],
  ['X16', 'Vec', '["alice","bob"]', `p == '["bob","alice"]'`, false],
  ['X16', 'Vec', '["alice","bob"]', "p == 'alice,bob'", false],
  ['X16', 'Vec', '["alice","bob"]', "p != 'alice,bob'", true],
  ['X17', 'Vec', '[alice,bob]', "p contains 'alice'", true],
  ['X17', 'Vec', '[alice,bob]', "p contains 'ALICE'", false],
  ['X17', 'Vec', '[alice,bob]', "p == '[ALICE, BOB]'", true],
  ['X18', 'Vec', 'alice,bob', "p contains 'bob'", true],
  ['X18', 'Vec', 'alice,bob', "p == 'Alice , BOB'", true],
  ['X19', 'Vec', '[{"type":"I128","value":"5"}]', 'p contains 5', true],
  ['X19', 'Vec', '[{"type":"I128","value":"5"}]', "p contains 'i128'", true],
  ['X19', 'Vec', '[{"type":"I128","value":"5"}]', "p contains '6'", false],
  ['X20', 'Vec', '[5,6]', 'p contains 5', true],
  ['X20', 'Vec', '[5,6]', 'p[0] == 5', true],
  ['X20', 'Vec', '[5,6]', 'p[2] == 5', 'IndexOutOfBounds'],
  ['X20', 'Vec', '[5,6]', 'p == true', 'TypeMismatch'],
  ['X21', 'Vec', '[{"item":{"type":"name","value":"alice"}}]', "p contains 'alice'", true],
  ['X21', 'Vec', '[{"item":{"type":"name","value":"alice"}}]', "p contains 'name'", false],
  ['X21', 'Vec', '[{"item":{"type":"name","value":"alice"}}]', "p contains 'Alice'", false],
  ['X22', 'Vec', '5', 'p == 5', true],
  ['X23', 'Map', '{"a":"x","n":3}', "p contains 'X'", true],
  ['X23', 'Map', '{"a":"x","n":3}', 'p contains 3', true],
  ['X23', 'Map', '{"a":"x","n":3}', `p == '{"n":3,"a":"x"}'`, true],
  ['X23', 'Map', '{"a":"x","n":3}', 'p == 3', 'TypeMismatch'],
  ['X23', 'Map', '{"a":"x","n":3}', "p == 'zz'", 'ParseError'],
  ['X23', 'Map', '{"a":"x","n":3}', "p > 'a'", 'UnsupportedOperator'],
  ['X24', 'Map<String,I128>', '{a:1}', 'p.a == 1', 'ParseError'],
  ['X24', 'Map<String,I128>', '{a:1}', 'p contains 1', 'ParseError'],
  ['X25', 'Map', map, "p.a == 'X'", true],
  ['X25', 'Map', map, 'p.n >= 3', true],
  ['X25', 'Map', map, 'p.q == 1', 'FieldNotFound'],
  ['X25', 'Map', map, 'p[0] == 1', 'TypeMismatch'],
  ['X25', 'Map', map, "p.z == 'null'", 'TypeMismatch'],
  ['X25', 'Map', map, 'p.f > 1', 'TypeMismatch'],
  ['X26', 'Map', typed, "p.amount.value == '1000'", true],
  ['X26', 'Map', typed, 'p.amount.value > 5', 'TypeMismatch'],
  ['X26', 'Map', typed, 'p.amount == 1000', 'TypeMismatch'],
  ['X27', 'U64', '5', 'P > 1', 'VariableNotFound'],
  ['X28', 'U64', '100', 'q == 1 OR p > 50', 'VariableNotFound'],
  ['X28', 'U64', '100', 'p > 50 OR q == 1', true],
  ['X28', 'U64', '100', 'p < 50 AND q == 1', false],
  ['X31', 'U64', '100', '', 'Syntax'],
  ['X31', 'U64', '100', '  ', 'Syntax'],
  ['X32', 'array', '[5]', 'p[0] == 5', true],
  ['X32', 'array', '[5]', 'p contains 5', 'TypeMismatch'],
  ['X32', 'object', '{"a":1}', "p == '{}'", 'TypeMismatch'],
  ['X33', 'String', '{"a":1}', 'p.a == 1', true],
]

const say = (result: ReturnType<typeof evaluateExpression>): Result =>
  typeof result === 'object' ? result.error : result

describe('Stellar expressions (spec/05 §15.5)', () => {
  it.each(rows)('%s %s %s: %s', (...[, kind, value, expression, oz, here = oz]) => {
    const parameters = [{ name: 'p', kind, value }]
    expect(say(evaluateExpression('stellar', expression, parameters))).toBe(oz)
    expect(say(compileExpression('stellar', expression).evaluate(createParameters(parameters)))).toBe(here)
  })

  it('X29 and X30: parameters that are named by position', () => {
    const evaluate = (expression: string, ...parameters: { name: string; kind: string; value: string }[]) =>
      compileExpression('stellar', expression).evaluate(createParameters(parameters))
    const zero = { name: '0', kind: 'U64', value: '100' }
    expect(evaluate('0 == 100 AND 1 == true', zero, { name: '1', kind: 'Bool', value: 'true' })).toBe(true)
    expect(evaluate("0.0 == 'value'", { name: '0', kind: 'Map', value: '{"0":"value"}' })).toBe(true)
  })

  it('Q25: numbers beyond 64 bits in a list are compared exactly', () => {
    const large = '340282366920938463463374607431768211455'
    const parameters = createParameters([{ name: 'p', kind: 'Vec<U128>', value: `[5,${large}]` }])
    expect(compileExpression('stellar', `p contains ${large}`).evaluate(parameters)).toBe(true)
    expect(compileExpression('stellar', `p contains ${large.slice(0, -1)}4`).evaluate(parameters)).toBe(false)
  })
})
