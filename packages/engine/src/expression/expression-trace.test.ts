import { describe, expect, it } from 'vitest'
import { compileExpression } from './compile-expression.ts'
import { TRACE_VALUE_MAX } from './expression-trace.ts'
import { createParameters } from './parameters.ts'

const parameters = createParameters([
  { name: 'amount', kind: 'uint256', value: '5' },
  { name: 'note', kind: 'string', value: '{"list":[1,{"b":2,"a":"x"}]}' },
])

const explain = (text: string) => compileExpression('evm', text).explain(parameters)

describe('explain', () => {
  it('shows what every part saw, and what was skipped', () => {
    expect(explain(' amount > 9 AND (missing == 1 OR amount == 5)')).toMatchInlineSnapshot(`
      {
        "end": 45,
        "kind": "and",
        "operands": [
          {
            "end": 11,
            "kind": "comparison",
            "literal": "9",
            "operator": ">",
            "path": "amount",
            "result": false,
            "start": 1,
            "text": "amount > 9",
            "value": "5",
            "value_kind": "uint256",
          },
          {
            "end": 44,
            "kind": "or",
            "operands": [
              {
                "end": 29,
                "kind": "comparison",
                "literal": "1",
                "operator": "==",
                "path": "missing",
                "result": "skipped",
                "start": 17,
                "text": "missing == 1",
                "value": null,
                "value_kind": null,
              },
              {
                "end": 44,
                "kind": "comparison",
                "literal": "5",
                "operator": "==",
                "path": "amount",
                "result": "skipped",
                "start": 33,
                "text": "amount == 5",
                "value": null,
                "value_kind": null,
              },
            ],
            "result": "skipped",
            "start": 17,
            "text": "missing == 1 OR amount == 5",
          },
        ],
        "result": false,
        "start": 1,
        "text": "amount > 9 AND (missing == 1 OR amount == 5)",
      }
    `)
  })

  it('shows an error where it arose and in everything around it', () => {
    expect(explain('amount == 1 OR missing == 1 OR amount == 5')).toMatchObject({
      result: { error: 'VariableNotFound' },
      operands: [{ result: false }, { result: { error: 'VariableNotFound' }, value: null }, { result: 'skipped' }],
    })
  })

  it('shows the value and kind a path leads to', () => {
    expect(explain('note.list[1] == 2')).toMatchObject({
      path: 'note.list[1]',
      value: '{"a":"x","b":2}',
      value_kind: 'map',
      result: { error: 'TypeMismatch' },
    })
  })

  it('cuts long values, not inside a character', () => {
    const compiled = compileExpression('evm', 'v == x')
    const value = (text: string) => {
      const trace = compiled.explain(createParameters([{ name: 'v', kind: 'string', value: text }]))
      return trace.kind === 'comparison' ? trace.value : undefined
    }
    expect(value('a'.repeat(5_000))).toBe('a'.repeat(TRACE_VALUE_MAX))
    expect(value(`a${'\u{1F600}'.repeat(5_000)}`)).toBe(`a${'\u{1F600}'.repeat(TRACE_VALUE_MAX / 2 - 1)}`)
  })

  it('says why a text does not parse', () => {
    expect(explain('amount = 1')).toEqual({
      kind: 'syntax',
      text: 'amount = 1',
      position: 7,
      message: 'A comparison operator is expected here.',
      hint: 'Use == to compare.',
      result: { error: 'Syntax' },
    })
  })
})
