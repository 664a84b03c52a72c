import { describe, expect, it } from 'vitest'
import { pairArguments } from './pair-arguments.ts'

const matched = (signature: string, expression: string | null) => ({ signature, expression })
const entry = (signature: string, value: string) => ({
  signature,
  args: [{ name: '0', value, kind: 'I128', indexed: false }],
})

describe('pairArguments', () => {
  it('gives no event the arguments of another (spec/05 Q2)', () => {
    const events = [matched('a(I128)', null), matched('b(I128)', '0 > 1'), matched('a(I128)', '0 > 1')]
    const entries = [entry('b(I128)', '5'), entry('a(I128)', '6')]
    expect(pairArguments(events, entries)).toEqual([undefined, entries[0], entries[1]])
  })

  it('leaves an entry to the event with an expression that needs it', () => {
    const events = [matched('a(I128)', null), matched('a(I128)', '0 > 1')]
    expect(pairArguments(events, [entry('a(I128)', '5')])).toEqual([undefined, entry('a(I128)', '5')])
  })

  it('pairs all when every event has its arguments', () => {
    const events = [matched('a(I128)', null), matched('a(I128)', '0 > 1')]
    const entries = [entry('a(I128)', '5'), entry('a(I128)', '6')]
    expect(pairArguments(events, entries)).toEqual(entries)
    expect(pairArguments(events, [])).toEqual([undefined, undefined])
  })
})
