import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LedgerData } from '../../stellar/ledger-data.ts'
import { ledgerMonitors, ledgers } from '../../testing/ledger-scenes.ts'
import { propertySettings } from '../../testing/property-settings.ts'
import { evaluateMonitors, ledger, testnet, transaction } from '../../testing/stellar-scene.ts'
import { contractsNeeded } from './contracts-needed.ts'
import { evaluateLedger } from './evaluate-ledger.ts'
import { explainLedgerMatch } from './explain-ledger.ts'
import { compileStellarMonitors } from './ledger-index.ts'

type Damage = { at: number; byte: number; part: number; form: 'byte' | 'cut' | 'text' }

const damages = fc.array(
  fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    part: fc.nat(),
    form: fc.constantFrom('byte' as const, 'cut' as const, 'text' as const),
  }),
  { minLength: 1, maxLength: 6 },
)

function damaged(xdr: string, { at, byte, form }: Damage): string {
  if (form === 'text') return 'no base64 at all'
  const bytes = Buffer.from(xdr, 'base64')
  if (bytes.length === 0) return xdr
  if (form === 'cut') return bytes.subarray(0, at % bytes.length).toString('base64')
  bytes[at % bytes.length] = byte
  return bytes.toString('base64')
}

/** Each damage is done to one envelope, topic or value of the ledger. */
function damage(data: LedgerData, list: readonly Damage[]): LedgerData {
  const transactions = data.transactions.map((each) => ({ ...each }))
  const events = data.events.map((each) => ({ ...each }))
  for (const one of list) {
    const part = one.part % (transactions.length + events.length)
    const hit = transactions[part]
    const other = events[part - transactions.length]
    if (hit?.envelopeXdr !== undefined) hit.envelopeXdr = damaged(hit.envelopeXdr, one)
    else if (other && one.at % 2 === 0 && other.value !== undefined) other.value = damaged(other.value, one)
    else if (other)
      other.topics = other.topics?.map((topic, index) => (index === one.at % 3 ? damaged(topic, one) : topic))
  }
  return { ...data, transactions, events }
}

const network = testnet

describe('damaged XDR', () => {
  it('never throws, and a transaction that is whole has the matches that it has in a whole ledger', () => {
    fc.assert(
      fc.property(ledgerMonitors, ledgers, damages, (monitors, data, list) => {
        const evaluate = (given: LedgerData) => {
          const index = compileStellarMonitors(network, monitors)
          const specs = new Map(contractsNeeded(index, given).map((id) => [id, null]))
          return evaluateLedger(index, given, { specs })
        }
        const broken = damage(data, list)
        const result = evaluate(broken)
        const keys = new Set(monitors.map(({ key }) => key))
        expect(result.failures.every(({ key }) => keys.has(key))).toBe(true)
        const wholeHashes = new Set(
          data.transactions
            .filter(({ hash, envelopeXdr }, index) => {
              const sameEvents = data.events.every(
                (event, place) =>
                  event.txHash !== hash || JSON.stringify(event) === JSON.stringify(broken.events[place]),
              )
              return envelopeXdr === broken.transactions[index]?.envelopeXdr && sameEvents
            })
            .map(({ hash }) => hash),
        )
        const wholeMatches = (matches: typeof result.matches) =>
          matches
            .filter(({ txHash }) => wholeHashes.has(txHash))
            .map(({ key, txHash, matchedOn }) => ({ key, txHash, matchedOn }))
        expect(wholeMatches(result.matches)).toEqual(wholeMatches(evaluate(data).matches))
      }),
      propertySettings(150),
    )
  })

  it('is explained without throwing', () => {
    fc.assert(
      fc.property(ledgerMonitors, ledgers, damages, ([monitor], data, list) => {
        const broken = damage(data, list)
        const specs = new Map(
          contractsNeeded(compileStellarMonitors(network, [monitor!]), broken).map((id) => [id, null]),
        )
        for (const { contractId } of broken.events) specs.set(contractId, null)
        const { configuration, extensions } = monitor!
        for (const { hash: txHash } of broken.transactions) {
          const input = { configuration, extensions, passphrase: network.passphrase, data: broken, txHash }
          expect(explainLedgerMatch({ ...input, facts: { specs } }).gates).toBeDefined()
        }
      }),
      propertySettings(60),
    )
  })

  it('of a result or a meta is told, and the match is shown without that part', () => {
    const data = ledger([transaction(1, 'T01', { resultXdr: 'AAAA', resultMetaXdr: 'no base64' })])
    const { matches, undecoded, failures } = evaluateMonitors({ m: { conditions: {} } }, data)
    expect(matches[0]?.item.transaction['decoded']).toMatchObject({ envelope: { tx: {} }, result: null, meta: null })
    expect([undecoded.map(({ part }) => part), failures]).toEqual([['result', 'meta'], []])
  })
})
