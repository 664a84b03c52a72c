import { contractSpecSchema } from '../config/contract-spec.ts'
import type { JsonValue } from '../config/json.ts'
import { type MonitorConfig, monitorSchema } from '../config/monitor.ts'
import { elements, member } from '../config/record.ts'
import type { StellarSpec } from '../config/stellar-spec.ts'
import { assembleMatch } from '../matching/assemble-match.ts'
import type { StellarMatchObject } from '../matching/stellar/assemble-ledger-match.ts'
import { isStellarSpec } from '../matching/stellar/contract-address.ts'
import { contractsNeeded } from '../matching/stellar/contracts-needed.ts'
import { evaluateLedger } from '../matching/stellar/evaluate-ledger.ts'
import { compileStellarMonitors } from '../matching/stellar/ledger-index.ts'
import type { LedgerResult } from '../matching/stellar/ledger-result.ts'
import { parseStellarEvent } from '../stellar/event.ts'
import type { LedgerData, StellarTransaction } from '../stellar/ledger-data.ts'
import { parseStellarLedger } from '../stellar/ledger.ts'
import { parseStellarTransaction } from '../stellar/transaction.ts'
import { readUpstream } from './upstream-fixture.ts'

export type UpstreamStellar = {
  /** The first ledger with all transactions and events of the fixtures, as upstream's tests have it. */
  data: LedgerData
  monitor: MonitorConfig
  spec: StellarSpec
  specWithEvents: StellarSpec
}

export const upstreamUsdc = 'CBIELTK6YBZJU5UP2WWQEUCYKLPU6AUNZ2BQ4WWFEIE3USCIHMXQDAMA'
export const upstreamUpsert = 'CBWRWC2IFNRXKAW2HG5473V5U25OMUKVIE3BFZBIWOOD3VLEIBUIOQG6'
export const upstreamCounter = 'CDMZ6LU66KEMLKI3EJBIGXTZ4KZ2CRTSHZETMY3QQZBWRKVKB5EIOHTX'
export const upstreamBlend = 'CAJJZSGMMM3PD7N33TAPHGBUGTB43OC73HVIK2L2G6BNGGGYOSSYBXBD'

export function readUpstreamStellar(): UpstreamStellar {
  const transactions = elements(readUpstream('stellar/transactions.json')).map((json, index) =>
    parseStellarTransaction(json, `/${index}`),
  )
  const [ledger] = elements(readUpstream('stellar/blocks.json'))
  return {
    data: {
      ledger: parseStellarLedger(member(ledger, 'Stellar'), '').ledger,
      transactions,
      events: elements(readUpstream('stellar/events.json')).map((json, index) =>
        parseStellarEvent(json, `/${index}`, (hash) => transactionOf(transactions, hash)),
      ),
    },
    monitor: monitorSchema.parse(readUpstream('stellar/monitors/monitor.json')),
    spec: specOf(readUpstream('stellar/contract_specs/contract_spec.json')),
    specWithEvents: specOf(readUpstream('stellar/contract_specs/contract_spec_with_events.json')),
  }
}

export type Outcome = Pick<LedgerResult, 'failures' | 'undecoded'> & {
  objects: StellarMatchObject['Stellar'][]
  /** Positions of the matched transactions in the list. */
  numbers: number[]
}

/** `specs` are those that upstream's tests pass; of every other contract the chain has none. */
export function evaluateStellar(
  monitor: MonitorConfig,
  data: LedgerData,
  specs: Readonly<Record<string, StellarSpec>> = {},
): Outcome {
  const network = { slug: 'stellar_testnet', passphrase: 'Test SDF Network ; September 2015' }
  const index = compileStellarMonitors(network, [{ key: 'm', configuration: monitor }])
  const facts = { specs: new Map(contractsNeeded(index, data).map((id) => [id, specs[id] ?? null])) }
  const { matches, failures, undecoded } = evaluateLedger(index, data, facts)
  const objects = matches.map(
    ({ item, ledger, matchedOn, matchedOnArgs, positions }) =>
      assembleMatch({
        chain: 'Stellar',
        monitor,
        networkSlug: index.networkSlug,
        item,
        ledger,
        matchedOn,
        matchedOnArgs,
        positions,
      }).Stellar,
  )
  return { objects, numbers: matches.map(({ txIndex }) => txIndex), failures, undecoded }
}

function transactionOf(transactions: readonly StellarTransaction[], hash: string): StellarTransaction {
  const transaction = transactions.find((each) => each.hash === hash)
  if (transaction === undefined) throw new Error(`No transaction ${hash}.`)
  return transaction
}

function specOf(json: JsonValue): StellarSpec {
  const spec = contractSpecSchema.parse(json)
  if (!isStellarSpec(spec)) throw new Error('No Stellar spec.')
  return spec
}
