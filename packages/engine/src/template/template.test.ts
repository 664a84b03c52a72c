import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ArgumentEntry, MatchedOn } from '../matching/match.ts'
import { assembleMatch } from '../matching/assemble-match.ts'
import { address, block, hash, monitor } from '../testing/evm-chain.ts'
import { matchVariables } from './match-variables.ts'
import { renderTemplate, TemplateTooLongError } from './render-template.ts'

type Entry = { signature: string; args: [name: string, value: string][] }

function variablesOf(groups: { functions?: Entry[]; events?: Entry[] }, transaction: Record<string, unknown> = {}) {
  const entries = (group: Entry[] = []): ArgumentEntry[] =>
    group.map(({ signature, args }) => ({
      signature,
      args: args.map(([name, value]) => ({ name, value, indexed: false, kind: 'string' })),
      hex_signature: '0x00',
    }))
  const matched = (group: Entry[] = []): MatchedOn['events'] =>
    group.map(({ signature }) => ({ signature, expression: null }))
  return matchVariables(
    assembleMatch({
      chain: 'EVM',
      monitor: monitor([]),
      networkSlug: 'testnet',
      item: { transaction: block([{ hash: hash(1), ...transaction }]).transactions[0]!.json, logs: [], receipt: null },
      matchedOn: { functions: matched(groups.functions), events: matched(groups.events), transactions: [] },
      matchedOnArgs: { functions: entries(groups.functions), events: entries(groups.events) },
      withReceipt: false,
    }),
  )
}

describe('matchVariables', () => {
  it('names monitor and transaction, the value in decimal', () => {
    expect(Object.fromEntries(variablesOf({}, { value: '0xde0b6b3a7640000' }))).toEqual({
      'monitor.name': 'Test monitor',
      'network.slug': 'testnet',
      'transaction.hash': hash(1),
      'transaction.from': address(0xf0),
      'transaction.to': address(0xf1),
      'transaction.value': '1000000000000000000',
    })
  })

  it('has no recipient for a contract creation and the zero address for an unknown sender', () => {
    const variables = variablesOf({}, { to: null, from: null })
    expect(variables.has('transaction.to')).toBe(false)
    expect(variables.get('transaction.from')).toBe(address(0))
  })

  it('does not confuse an argument called signature with the signature', () => {
    const signature = 'dangerousFunc(bytes32 signature, uint256 value)'
    const variables = variablesOf({ functions: [{ signature, args: [['signature', '0xabcdef1234567890']] }] })
    expect(variables.get('functions.0.signature')).toBe(signature)
    expect(variables.get('functions.0.args.signature')).toBe('0xabcdef1234567890')
  })

  it('numbers events of the same signature, and lets the last of equal names count', () => {
    const signature = 'Transfer(address,address,uint256)'
    const variables = variablesOf({
      events: [
        { signature, args: [['value', '1000']] },
        {
          signature,
          args: [
            ['value', '2000'],
            ['', 'a'],
            ['', 'b'],
          ],
        },
      ],
    })
    expect(variables.get('events.0.args.value')).toBe('1000')
    expect(variables.get('events.1.args.value')).toBe('2000')
    expect(variables.get('events.1.args.')).toBe('b')
  })
})

describe('the variables that OZ Monitor does not have', () => {
  const match = assembleMatch({
    chain: 'EVM',
    monitor: monitor([]),
    networkSlug: 'testnet',
    item: { transaction: block([{ hash: hash(1) }]).transactions[0]!.json, logs: [], receipt: null },
    matchedOn: { functions: [{ signature: 'a()', expression: null }], events: [], transactions: [] },
    matchedOnArgs: { functions: null, events: null },
    withReceipt: false,
  })

  it('come from what is known besides the match object', () => {
    const variables = matchVariables(match, {
      severity: 'critical',
      blockNumber: 2n ** 60n,
      blockTime: new Date(0),
      receipt: { status: '0x0', gasUsed: '0x5208' },
      explorerUrl: 'https://scan.example/',
    })
    expect(Object.fromEntries(variables)).toMatchObject({
      severity: 'critical',
      'block.number': '1152921504606846976',
      'block.time': '1970-01-01T00:00:00.000Z',
      'transaction.status': 'Failure',
      'transaction.gas_used': '21000',
      'contract.address': address(0xf1),
      'explorer.link': `https://scan.example/tx/${hash(1)}`,
    })
  })

  it('are absent when nothing is known, so that their placeholders stay', () => {
    const names = [...matchVariables(match).keys()]
    for (const name of ['severity', 'block.number', 'block.time', 'transaction.gas_used', 'explorer.link']) {
      expect(names).not.toContain(name)
    }
  })
})

describe('renderTemplate', () => {
  const variables = (entries: Record<string, string>) => new Map(Object.entries(entries))

  it('replaces every occurrence and leaves unknown names, other spellings and stray braces alone', () => {
    const text = '${a} ${a}${b} ${ a } ${A} $a {a} ${${a}} ${c ${a'
    expect(renderTemplate(text, variables({ a: '1', b: '2' }))).toBe('1 12 ${ a } ${A} $a {a} ${1} ${c ${a')
  })

  it('takes a value literally, whatever it contains', () => {
    expect(renderTemplate('<${a}>', variables({ a: "$& $1 $$ $' ${b}", b: 'no' }))).toBe("<$& $1 $$ $' ${b}>")
  })

  it('never expands what was substituted, neither names nor sections', () => {
    const hostile = variablesOf({ events: [{ signature: 'E(string)', args: [['s', '${monitor.name}${events}']] }] })
    expect(renderTemplate('${events.0.args.s}', hostile)).toBe('${monitor.name}${events}')
    expect(renderTemplate('${events}', hostile)).toContain('s: `${monitor.name}${events}`')
  })

  it.each([
    [
      '${events}',
      { 'events.0.signature': 'Ping(uint256)', 'events.0.args.n': '7' },
      '\n\n*Matched Events:*\n\n*Reason 1*\n\n*Signature:* `Ping(uint256)`\n\n*Params:*\n\nn: `7`',
    ],
    [
      '${functions}',
      {
        'functions.1.args.a': '2',
        'functions.1.args.Z': '1',
        'functions.1.signature': 'b(uint8)',
        'functions.0.signature': 'a()',
      },
      '\n\n*Matched Functions:*\n\n*Reason 1*\n\n*Signature:* `a()`\n\n*Params:*\n\n\n*Reason 2*\n\n' +
        '*Signature:* `b(uint8)`\n\n*Params:*\n\nZ: `1`\na: `2`',
    ],
  ])('writes the section %s', (template, entries, expected) => {
    expect(renderTemplate(template, variables(entries))).toBe(expected)
    expect(renderTemplate(`a${template}b${template}`, variables(entries))).toBe(`a${expected}b${expected}`)
  })

  it('orders sections by number, counts an empty signature, and ignores arguments without a signature', () => {
    const entries = { 'events.10.signature': 'b()', 'events.9.signature': '', 'events.3.args.x': '1' }
    const section = renderTemplate('${events}', variables(entries))
    expect(section.match(/\*Signature:\* `.*`/g)).toEqual(['*Signature:* ``', '*Signature:* `b()`'])
  })

  it('writes nothing for a section without a match', () => {
    expect(renderTemplate('a${functions}b${events}c', variables({ 'monitor.name': 'x' }))).toBe('abc')
  })

  it('equals replacing the names one after the other when no value contains a placeholder', () => {
    const name = fc.constantFrom('a', 'b', 'monitor.name', 'events.0.args.x', 'nothing')
    const part = fc.oneof(
      name.map((text) => `\${${text}}`),
      fc.string(),
    )
    const values = fc.dictionary(
      name,
      fc.string().map((text) => text.replace(/[${}]/g, '')),
    )
    fc.assert(
      fc.property(fc.array(part), values, (parts, entries) => {
        const template = parts.join('')
        let expected = template
        for (const [key, value] of Object.entries(entries)) expected = expected.replaceAll(`\${${key}}`, () => value)
        fc.pre(!template.includes('${${'))
        expect(renderTemplate(template, variables(entries))).toBe(expected)
      }),
    )
  })

  it('refuses a short template that would become enormous', () => {
    const long = variables({ a: 'x'.repeat(1_000) })
    expect(renderTemplate('${a}', long, { lengthMax: 1_000 })).toHaveLength(1_000)
    expect(() => renderTemplate('${a}.', long, { lengthMax: 1_000 })).toThrow(TemplateTooLongError)
    expect(() => renderTemplate('${a}'.repeat(5_000), long)).toThrow('longer than 4194304 characters')
  })
})
