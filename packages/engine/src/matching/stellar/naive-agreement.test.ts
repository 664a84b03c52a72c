import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ledgerMonitors, ledgers } from '../../testing/ledger-scenes.ts'
import { naiveMatches } from '../../testing/naive-ledger.ts'
import { propertySettings } from '../../testing/property-settings.ts'
import { C, testnet } from '../../testing/stellar-scene.ts'
import { stellarVectors as vectors } from '../../testing/stellar-vectors.ts'
import type { LedgerData } from '../../stellar/ledger-data.ts'
import { isEmpty } from '../predicate-index.ts'
import type { StellarMonitorInput } from './compiled-ledger-monitor.ts'
import { contractsNeeded } from './contracts-needed.ts'
import { evaluateLedger } from './evaluate-ledger.ts'
import { explainLedgerMatch } from './explain-ledger.ts'
import { compileStellarMonitors, type StellarIndex } from './ledger-index.ts'

const specs = { [C]: [...vectors.function_spec, ...vectors.event_spec] }

/** With no more facts than the index asked for. */
function evaluate(index: StellarIndex, data: LedgerData) {
  const onChain = new Map(Object.entries(specs))
  const facts = { specs: new Map(contractsNeeded(index, data).map((id) => [id, onChain.get(id) ?? null])) }
  return evaluateLedger(index, data, facts)
}

function matchesOf(index: StellarIndex, data: LedgerData): string[] {
  const { matches, failures } = evaluate(index, data)
  expect(failures).toEqual([])
  return matches.map(({ key, txHash, matchedOn }) => `${key} ${txHash} ${JSON.stringify(matchedOn)}`)
}

/** How an index that holds nothing any more must look. */
const leftovers = ({ lookup, ...index }: StellarIndex) => ({
  counts: [index.size, index.addresses(), index.interfaces(), index.expressions(), lookup.callWatchCount()],
  isEmpty: [isEmpty(lookup.onTransaction), lookup.onOperation.size === 0],
  interests: [lookup.operationInterest, lookup.transactionInterest, lookup.nestedInterest],
})

describe('the index and an evaluation without one', () => {
  it('find the same matches, in the same order, from no more specs than the index asked for', () => {
    fc.assert(
      fc.property(ledgerMonitors, ledgers, (monitors, data) => {
        expect(matchesOf(compileStellarMonitors(testnet, monitors), data)).toEqual(naiveMatches(monitors, data, specs))
      }),
      propertySettings(120),
    )
  })

  it('agree with the explanation on whether a monitor matches a transaction', () => {
    fc.assert(
      fc.property(ledgerMonitors, ledgers, ([monitor], data) => {
        const { configuration, extensions } = monitor!
        const facts = { specs: new Map([[C, specs[C]!]]) }
        const expected = naiveMatches([monitor!], data, specs).map((match) => match.split(' ')[1])
        const onChain = new Map(data.events.map(({ contractId }) => [contractId, specs[contractId] ?? null]))
        for (const id of [...onChain.keys(), ...contractsNeeded(compileStellarMonitors(testnet, [monitor!]), data)]) {
          facts.specs.set(id, specs[id] ?? [])
        }
        const { passphrase } = testnet
        const explained = data.transactions.filter(
          ({ hash: txHash }) =>
            explainLedgerMatch({ configuration, extensions, passphrase, data, txHash, facts }).matched,
        )
        expect(explained.map(({ hash }) => hash)).toEqual(expected)
      }),
      propertySettings(60),
    )
  })

  it('after any changes equal an index compiled afresh from the monitors that remain', () => {
    const changes = fc.array(fc.record({ key: fc.nat(7), from: fc.nat(11), isRemoval: fc.boolean() }), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(ledgerMonitors, changes, ledgers, (monitors, list, data) => {
        const index = compileStellarMonitors(testnet, [])
        const remaining = new Map<string, StellarMonitorInput>()
        for (const { key: number, from, isRemoval } of list) {
          const key = `k${number}`
          if (isRemoval) {
            expect(index.remove(key)).toBe(remaining.delete(key))
            continue
          }
          const monitor = { ...monitors[from % monitors.length]!, key }
          index.set(monitor)
          remaining.set(key, monitor)
        }
        const fresh = compileStellarMonitors(testnet, [...remaining.values()])
        expect(leftovers(index).counts).toEqual(leftovers(fresh).counts)
        expect(leftovers(index).interests).toEqual(leftovers(fresh).interests)
        expect(matchesOf(index, data)).toEqual(matchesOf(fresh, data))
        for (const key of remaining.keys()) index.remove(key)
        expect(leftovers(index)).toEqual(leftovers(compileStellarMonitors(testnet, [])))
      }),
      propertySettings(100),
    )
  })

  it('are full of matches through each group', () => {
    const found = { events: 0, functions: 0, operations: 0, transactions: 0 }
    for (const [monitors, data] of fc.sample(fc.tuple(ledgerMonitors, ledgers), { numRuns: 100, seed: 7 })) {
      for (const { matchedOn } of evaluate(compileStellarMonitors(testnet, monitors), data).matches) {
        found.events += matchedOn.events.length
        found.functions += matchedOn.functions.length
        found.operations += matchedOn.operations?.length ?? 0
        found.transactions += matchedOn.transactions.length
      }
    }
    expect(Object.entries(found).filter(([, count]) => count < 20)).toEqual([])
  })
})
