import { encodeStrkey, type MonitorConfig, type StellarMonitorInput } from '@smt/engine'

/**
 * `spread`: each monitor watches a contract, an account or an asset's payments of its own, but for the ten that match.
 * `transactions`: only transaction conditions, on senders and recipients.
 */
export type LedgerShape = 'spread' | 'transactions'

/** So many monitors match one transaction of the ledger each. */
export const hitsMax = 10

const key = (sort: number, number: number): Uint8Array => {
  const bytes = new Uint8Array(32).fill(sort)
  new DataView(bytes.buffer).setUint32(0, 0x5b000000 + number)
  return bytes
}
const contract = (number: number): string => encodeStrkey({ kind: 'contract', bytes: key(0xc0, number) })
const account = (number: number): string => encodeStrkey({ kind: 'account', bytes: key(0xaa, number) })

/** The tokens that are called, and the assets that are paid and traded, in the ledger. */
export const contracts = Array.from({ length: hitsMax }, (_, number) => contract(number))
export const assets = Array.from({ length: 10 }, (_, number) => `TOKEN${number}:${account(number)}`)

const transfer = 'transfer(Address,Address,I128)'

const spec: NonNullable<MonitorConfig['addresses'][number]['contract_spec']> = [
  {
    function_v0: {
      doc: '',
      name: 'transfer',
      inputs: [
        { doc: '', name: 'from', type_: 'address' },
        { doc: '', name: 'to', type_: 'muxed_address' },
        { doc: '', name: 'amount', type_: 'i128' },
      ],
      outputs: [],
    },
  },
]

/** The monitors one by one, so that not all configurations are in memory at once. */
export function* ledgerMonitorsOf(shape: LedgerShape, count: number): Generator<StellarMonitorInput> {
  for (let number = 0; number < count; number += 1) {
    const monitor = shape === 'transactions' ? onTransaction(number) : spread(number)
    yield { key: `tenant-${number % 10_000}/monitor-${number}`, ...monitor }
  }
}

type Monitor = Omit<StellarMonitorInput, 'key'>

/** Of ten monitors six wait for an event, two for a call, one for a payment of an asset, one for an account. */
function spread(number: number): Monitor {
  const address = contract(number)
  // One of the ten transfers of each token.
  const expression = number < hitsMax ? `amount == ${number + 1}` : `amount > ${number % 1_000}`
  if (number < hitsMax || number % 10 < 6) {
    return configured({ events: [{ signature: transfer, expression }] }, address)
  }
  if (number % 10 < 8) return configured({ functions: [{ signature: transfer, expression }] }, address)
  if (number % 10 === 8) {
    const condition = { type: 'payment', expression: `asset == 'COIN:${account(number)}' AND amount > 5` }
    return { ...configured({}, address), extensions: { operations: [condition] } }
  }
  return onTransaction(number)
}

function onTransaction(number: number): Monitor {
  const party = account(1_000_000 + number)
  const expression = number % 2 === 0 ? `to == ${party} AND value > ${number}` : `from == '${party}'`
  return configured({ transactions: [{ status: 'Success', expression }] }, contract(number))
}

function configured(conditions: Partial<MonitorConfig['match_conditions']>, address: string): Monitor {
  return {
    configuration: {
      name: address,
      networks: ['stellar_mainnet'],
      paused: false,
      addresses: [{ address, contract_spec: spec }],
      match_conditions: { functions: [], events: [], transactions: [], ...conditions },
      trigger_conditions: [],
      triggers: [],
    },
  }
}
