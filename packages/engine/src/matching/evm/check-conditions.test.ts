import { describe, expect, it } from 'vitest'
import { address, erc20Abi, monitor } from '../../testing/evm-chain.ts'
import { checkConditions } from './check-conditions.ts'

const token = address(0x70)
const transfer = 'Transfer(address, address, uint256)'

/** With another name for the amount. */
const otherAbi = structuredClone(erc20Abi)
otherAbi[0]!.inputs[2]!.name = 'wad'

function check(conditions: Parameters<typeof monitor>[1], specs = [erc20Abi]) {
  const entries = specs.map((contract_spec, index) => ({ address: address(0x70 + index), contract_spec }))
  const { problems, warnings } = checkConditions(monitor(entries, conditions))
  return { problems: problems.map(({ code }) => code), warnings: warnings.map(({ code }) => code) }
}

const onTransfer = (expression: string) => ({ events: [{ signature: transfer, expression }] })
const onAny = (expression: string) => ({ transactions: [{ status: 'Any' as const, expression }] })

describe('checkConditions', () => {
  it('finds nothing in conditions that can hold', () => {
    const conditions = { ...onTransfer(`value > 1 AND to == ${token}`), ...onAny("gas_used > 21000 OR input != '0x'") }
    expect(check(conditions)).toEqual({ problems: [], warnings: [] })
  })

  it.each([
    ['does not parse', onTransfer('value >'), ['expression_syntax']],
    ['is empty', onAny(''), ['expression_syntax']],
    ['reads what is not there', onTransfer('amount > 1'), ['unknown_variable']],
    ['fails before anything can be true', onAny('gas > 1 OR value > 1'), ['unknown_variable']],
    ['fails beside anything that is true', onAny('value > 1 AND gas > 1'), ['unknown_variable']],
    [
      'asks an address for more than equality',
      onTransfer('to contains 1'),
      ['unsupported_operator', 'invalid_literal'],
    ],
    ['compares a number with a text', onTransfer('value == lots'), ['invalid_literal']],
  ])('refuses an expression that %s', (_, conditions, codes) => {
    expect(check(conditions)).toEqual({ problems: codes, warnings: [] })
  })

  it.each([
    ['an error that an earlier true hides', onAny('value > 1 OR gas > 1'), ['unknown_variable']],
    ['an address that no address equals', onTransfer('to == 0x12'), ['invalid_literal']],
    ['a word that runs into the next', onAny('value > 1 ANDnonce > 1'), ['missing_space']],
    ['an event that no contract spec has', { events: [{ signature: 'Ping()' }] }, ['unknown_signature']],
  ])('only warns of %s', (_, conditions, codes) => {
    expect(check(conditions)).toEqual({ problems: [], warnings: codes })
  })

  it('refuses nothing that holds for one of the contracts', () => {
    expect(check(onTransfer('wad > 1'), [erc20Abi, otherAbi]).problems).toEqual([])
    expect(check(onTransfer('amount > 1'), [erc20Abi, otherAbi]).problems).toEqual(['unknown_variable'])
  })

  it('says where in the text a problem is, and what to write', () => {
    const { problems } = checkConditions(
      monitor([{ address: token, contract_spec: erc20Abi }], onTransfer('Value > 1')),
    )
    expect(problems).toEqual([
      {
        pointer: '/match_conditions/events/0/expression',
        code: 'unknown_variable',
        message: expect.stringContaining('Value'),
        position: { start: 0, end: 5 },
        hint: expect.stringContaining('value'),
      },
    ])
  })

  it.each([null, 7, [], {}, { match_conditions: 1 }, { match_conditions: { events: [null, { signature: 1 }] } }])(
    'makes nothing of %j',
    (configuration) => {
      expect(checkConditions(configuration)).toEqual({ problems: [], warnings: [] })
    },
  )
})
