import type { MonitorConfig, MonitorInput } from '@smt/engine'

/**
 * `spread`: each monitor watches an address of its own. `crowded`: a tenth of them watch ten (address, event) pairs, each
 * with another expression; the rest is spread.
 */
export type Shape = 'spread' | 'crowded'

export const tenantCount = 10_000
export const crowdedPairs = 10

/** Every block has one hit for each of the first ten monitors. */
export const hitsMax = 10

export const spreadAddress = (number: number): string => `0x5b${number.toString(16).padStart(38, '0')}`
export const crowdedAddress = (pair: number): string => `0xc0${pair.toString(16).padStart(38, '0')}`
export const party = (number: number): string => `0xaa${number.toString(16).padStart(38, '0')}`

const inputs = {
  from: { name: 'from', type: 'address' },
  to: { name: 'to', type: 'address' },
  value: { name: 'value', type: 'uint256' },
}

const abi: NonNullable<MonitorConfig['addresses'][number]['contract_spec']> = [
  {
    type: 'event',
    name: 'Transfer',
    anonymous: false,
    inputs: [{ ...inputs.from, indexed: true }, { ...inputs.to, indexed: true }, inputs.value],
  },
  {
    type: 'event',
    name: 'Approval',
    anonymous: false,
    inputs: [
      { name: 'owner', type: 'address', indexed: true },
      { name: 'spender', type: 'address', indexed: true },
      inputs.value,
    ],
  },
  { type: 'function', name: 'transfer', inputs: [inputs.to, inputs.value], outputs: [{ type: 'bool' }] },
]

const transferEvent = 'Transfer(address,address,uint256)'

/** The monitors one by one, so that not all configurations are in memory at once. */
export function* monitorsOf(shape: Shape, count: number): Generator<MonitorInput> {
  for (let number = 0; number < count; number += 1) {
    const key = `tenant-${number % tenantCount}/monitor-${number}`
    yield { key, configuration: shape === 'crowded' && number % 10 === 9 ? crowded(number) : spread(number) }
  }
}

/** Of ten monitors seven wait for an event, two for a call, one for any transaction of its address. */
function spread(number: number): MonitorConfig {
  const address = spreadAddress(number)
  if (number < 9 || number === 10 || number % 10 < 7) {
    return monitor(address, { events: [{ signature: transferEvent, expression: `value > ${number % 1_000}` }] })
  }
  if (number % 10 < 9) {
    return monitor(address, { functions: [{ signature: 'transfer(address,uint256)', expression: 'value > 1000' }] })
  }
  return monitor(address, { transactions: [{ status: 'Failure', expression: 'value > 0' }] })
}

/** Different in each: who receives, how much at least, or both. None holds for the transfers of the block. */
function crowded(number: number): MonitorConfig {
  const expressions = [
    `to == ${party(number)}`,
    `value > ${10n ** 30n + BigInt(number)}`,
    `from == ${party(number)} AND value >= ${number}`,
    `to == ${party(number)} OR from == ${party(number)}`,
  ]
  const turn = Math.floor(number / 10)
  const expression = expressions[turn % expressions.length] ?? null
  return monitor(crowdedAddress(turn % crowdedPairs), { events: [{ signature: transferEvent, expression }] })
}

function monitor(address: string, conditions: Partial<MonitorConfig['match_conditions']>): MonitorConfig {
  return {
    name: address,
    networks: ['ethereum_mainnet'],
    paused: false,
    addresses: [{ address, contract_spec: abi }],
    match_conditions: { functions: [], events: [], transactions: [], ...conditions },
    trigger_conditions: [],
    triggers: [],
  }
}
