import { describe, expect, it } from 'vitest'
import { C, type Conditions, G, stellarMonitor } from '../../testing/stellar-scene.ts'
import { stellarVectors as vectors } from '../../testing/stellar-vectors.ts'
import { checkStellarConditions } from './check-stellar-conditions.ts'
import { checkStellarExtensions } from './check-stellar-extensions.ts'

const own = [{ address: C, contract_spec: vectors.function_spec }]
const list = (found: { pointer: string; code: string }[]) => found.map(({ pointer, code }) => `${pointer} ${code}`)

function check(conditions: Conditions, addresses: Parameters<typeof stellarMonitor>[1] = own) {
  const { problems, warnings } = checkStellarConditions(stellarMonitor(conditions, addresses))
  return { problems: list(problems), warnings: list(warnings) }
}

const call = (signature: string, expression?: string) => ({
  functions: [{ signature, ...(expression !== undefined && { expression }) }],
})
const any = (expression: string) => ({ transactions: [{ status: 'Any' as const, expression }] })
const transfer = 'transfer(Address,Address,I128)'

describe('checkStellarConditions', () => {
  it('finds nothing in conditions that can hold', () => {
    const events = [{ signature: 'transfer(Address,Address,String,I128)', expression: '3 > 5' }]
    expect(check({ ...call(transfer, 'amount > 5'), ...any(`to == ${G} OR value > 5`), events })).toEqual({
      problems: [],
      warnings: [],
    })
    expect(check(call('anything(Request)'), [C, 'native', `USDC:${G}`])).toEqual({ problems: [], warnings: [] })
  })

  it.each([
    ['does not parse', any('value >'), '/match_conditions/transactions/0/expression expression_syntax'],
    ['reads what is not there', any('amount > 5'), '/match_conditions/transactions/0/expression unknown_variable'],
    [
      'compares with what it cannot',
      any("value > 'much'"),
      '/match_conditions/transactions/0/expression invalid_literal',
    ],
    ['names no input', call(transfer, 'value > 5'), '/match_conditions/functions/0/expression unknown_variable'],
    ['does not parse', call('unknown()', 'a =='), '/match_conditions/functions/0/expression expression_syntax'],
  ])('refuses an expression that %s', (_what, conditions, expected) => {
    expect(check(conditions).problems).toEqual([expected])
  })

  it('warns of what OZ Monitor loads and never matches', () => {
    expect(check({}, ['C123', G, { address: C, contract_spec: [] }]).warnings).toEqual([
      '/addresses/0/address unmatchable_address',
      '/addresses/1/address unmatchable_address',
      '/addresses/2/contract_spec empty_contract_spec',
    ])
    expect(check({ ...call(transfer), events: [{ signature: 'a()' }] }, []).warnings).toEqual([
      '/match_conditions/functions unmatchable_condition',
      '/match_conditions/events unmatchable_condition',
    ])
    expect(check(call('transfer(Address,Address,U128)')).warnings).toEqual([
      '/match_conditions/functions/0/signature unknown_signature',
    ])
    expect(check(any(`from == '${G.slice(0, -1)}A'`))).toEqual({
      problems: [],
      warnings: ['/match_conditions/transactions/0/expression invalid_literal'],
    })
  })

  it('warns of a name that an event of the given spec does not have', () => {
    const addresses = [{ address: C, contract_spec: vectors.event_spec }]
    const on = (expression: string) =>
      check({ events: [{ signature: 'Swap(Address,I128,I128)', expression }] }, addresses)
    expect(on('amount_in > 5')).toEqual({ problems: [], warnings: [] })
    expect(on('amount > 5')).toEqual({
      problems: [],
      warnings: ['/match_conditions/events/0/expression unknown_variable'],
    })
    expect(on('amount >').problems).toEqual(['/match_conditions/events/0/expression expression_syntax'])
  })

  it.each([
    ['transfer(address,uint256)', 'Write U256.'],
    ['transfer(address,int)', 'Write I128.'],
    ['f(Vec<boolean>)', 'Write Bool.'],
  ])('says what type to write in %s', (signature, hint) => {
    const { warnings } = checkStellarConditions(stellarMonitor(call(signature), [C]))
    expect(warnings).toMatchObject([{ code: 'unknown_type', hint }])
  })

  it('knows the types that a spec defines, and takes any when the spec is on chain', () => {
    expect(check(call('submit(Strange)')).warnings).toEqual([
      '/match_conditions/functions/0/signature unknown_type',
      '/match_conditions/functions/0/signature unknown_signature',
    ])
    expect(check(call('submit(Strange)'), [C]).warnings).toEqual([])
  })

  it.each([undefined, null, 5, 'text', [], { match_conditions: 5, addresses: [null, { address: 5 }] }])(
    'says nothing of %j, which has another shape',
    (configuration) => expect(checkStellarConditions(configuration)).toEqual({ problems: [], warnings: [] }),
  )
})

describe('checkStellarExtensions', () => {
  const problems = (stellar: unknown) => list(checkStellarExtensions({ stellar }).problems)

  it('accepts what can match', () => {
    expect(checkStellarExtensions(undefined)).toEqual({ problems: [], warnings: [] })
    expect(checkStellarExtensions({ other: 5 })).toEqual({ problems: [], warnings: [] })
    const operations = [
      { type: 'payment', expression: `amount > 1000000000 AND asset == 'USDC:${G}' AND from != ${G}` },
      { type: 'any', expression: null },
      { type: 'account_merge' },
    ]
    expect(checkStellarExtensions({ stellar: { operations, nested_calls: true } })).toEqual({
      problems: [],
      warnings: [],
    })
  })

  it.each([
    [5, '/extensions/stellar invalid_type'],
    [{ operation: [] }, '/extensions/stellar/operation unknown_field'],
    [{ nested_calls: 'yes' }, '/extensions/stellar/nested_calls invalid_type'],
    [{ operations: [{ expression: 'amount > 5' }] }, '/extensions/stellar/operations/0/type required'],
    [{ operations: [{ type: 'pay' }] }, '/extensions/stellar/operations/0/type invalid_value'],
    [
      { operations: [{ type: 'any', expression: 'amount > 5' }] },
      '/extensions/stellar/operations/0/expression unknown_variable',
    ],
    [
      { operations: [{ type: 'payment', expression: 'amount' }] },
      '/extensions/stellar/operations/0/expression expression_syntax',
    ],
    [
      { operations: [{ type: 'payment', expression: 'asset == USDC' }] },
      '/extensions/stellar/operations/0/expression invalid_literal',
    ],
    [
      { operations: [{ type: 'payment', expression: `to == '${G.slice(0, -1)}A'` }] },
      '/extensions/stellar/operations/0/expression invalid_literal',
    ],
  ])('refuses %j', (stellar, expected) => expect(problems(stellar)).toEqual([expected]))
})
