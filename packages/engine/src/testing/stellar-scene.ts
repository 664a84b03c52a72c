import type { JsonValue } from '../config/json.ts'
import type { MonitorConfig } from '../config/monitor.ts'
import type { StellarSpec } from '../config/stellar-spec.ts'
import { contractsNeeded } from '../matching/stellar/contracts-needed.ts'
import { evaluateLedger } from '../matching/stellar/evaluate-ledger.ts'
import type { StellarExtensions } from '../matching/stellar/extensions.ts'
import { compileStellarMonitors, type StellarIndex } from '../matching/stellar/ledger-index.ts'
import type { LedgerResult } from '../matching/stellar/ledger-result.ts'
import type { LedgerData, StellarEvent, StellarTransaction } from '../stellar/ledger-data.ts'
import { encodeXdr } from '../stellar/xdr.ts'
import { stellarVectors as vectors } from './stellar-vectors.ts'

export const { account: G, account2: G2, contract: C } = vectors
export const C2 = 'CARCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEIRCEVQO'
export const testnet = { slug: 'stellar_testnet', passphrase: 'Test SDF Network ; September 2015' }

export const txHash = (number: number): string => number.toString(16).padStart(64, '0')

/** `envelope` is the id of a row of the vectors, or base64. */
export function transaction(
  number: number,
  envelope: string | undefined,
  members: Partial<StellarTransaction> = {},
): StellarTransaction {
  const rows = [...vectors.functions, ...vectors.transactions]
  const envelopeXdr = rows.find(({ id }) => id === envelope)?.envelopeXdr ?? envelope
  const hash = txHash(number)
  const { status = 'SUCCESS' } = members
  return {
    hash,
    status,
    applicationOrder: number,
    isFeeBump: false,
    envelopeXdr,
    resultXdr: undefined,
    resultMetaXdr: undefined,
    diagnosticEventsXdr: [],
    json: { status, txHash: hash, applicationOrder: number, feeBump: false, ledger: 500, createdAt: 1735440610 },
    ...members,
  }
}

/** `row` is the id of an event of the vectors. */
export function event(transactionNumber: number, row: string, members: Partial<StellarEvent> = {}): StellarEvent {
  const found = vectors.events.find(({ id }) => id === row)
  if (found === undefined) throw new Error(`There is no row ${row}.`)
  return {
    id: `${transactionNumber}-${row}`,
    type: 'contract',
    contractId: found.contractId,
    txHash: txHash(transactionNumber),
    transactionIndex: transactionNumber - 1,
    operationIndex: 0,
    isInSuccessfulCall: true,
    topics: found.topic,
    value: found.value ?? undefined,
    ...members,
  }
}

export function ledger(transactions: StellarTransaction[], events: StellarEvent[] = []): LedgerData {
  const json = { hash: 'cd', sequence: 500, ledgerCloseTime: '1735440610', headerXdr: '', metadataXdr: '' }
  const head = { sequence: 500n, hash: 'cd', previousHash: 'ab', closeTime: 1735440610n, json }
  return { ledger: head, transactions, events }
}

/** The envelope of a plain transaction; `source` of an operation is its own. */
export function envelopeOf(
  operations: { source?: string; body: JsonValue }[],
  { source = G, memo = 'none' }: { source?: string; memo?: JsonValue } = {},
): string {
  const tx = {
    source_account: source,
    fee: 100,
    seq_num: '1',
    cond: 'none',
    memo,
    operations: operations.map(({ source: own, body }) => ({ source_account: own ?? null, body })),
    ext: 'v0',
  }
  return encodeXdr('TransactionEnvelope', { tx: { tx, signatures: [] } })
}

export const payment = (destination: string, amount: string, asset: JsonValue = 'native'): JsonValue => ({
  payment: { destination, asset, amount },
})

export type Conditions = Partial<MonitorConfig['match_conditions']>

export function stellarMonitor(
  conditions: Conditions,
  addresses: (string | MonitorConfig['addresses'][number])[] = [C],
): MonitorConfig {
  return {
    name: 'Test monitor',
    networks: [testnet.slug],
    paused: false,
    addresses: addresses.map((entry) => (typeof entry === 'string' ? { address: entry } : entry)),
    match_conditions: { functions: [], events: [], transactions: [], ...conditions },
    trigger_conditions: [],
    triggers: [],
  }
}

export type Watching = {
  conditions?: Conditions
  addresses?: Parameters<typeof stellarMonitor>[1]
  extensions?: StellarExtensions
}

export function indexOf(monitors: Record<string, Watching>): StellarIndex {
  const inputs = Object.entries(monitors).map(([key, { conditions = {}, addresses, extensions }]) => ({
    key,
    configuration: stellarMonitor(conditions, addresses),
    ...(extensions && { extensions }),
  }))
  return compileStellarMonitors(testnet, inputs)
}

/** `specs` is what the chain has; of other contracts it has none. */
export function evaluateMonitors(
  monitors: Record<string, Watching>,
  data: LedgerData,
  specs: Readonly<Record<string, StellarSpec>> = {},
): LedgerResult {
  const index = indexOf(monitors)
  const facts = { specs: new Map(contractsNeeded(index, data).map((id) => [id, specs[id] ?? null])) }
  return evaluateLedger(index, data, facts)
}
