import { compileExpression } from '../expression/compile-expression.ts'
import { createParameters } from '../expression/parameters.ts'
import type { StellarSpec } from '../config/stellar-spec.ts'
import type { StellarMonitorInput } from '../matching/stellar/compiled-ledger-monitor.ts'
import { callsOf } from '../stellar/call.ts'
import { compileInterface } from '../stellar/contract-interface.ts'
import { decodeEvent } from '../stellar/decode-event.ts'
import { readEnvelope } from '../stellar/envelope.ts'
import type { LedgerData, StellarTransaction } from '../stellar/ledger-data.ts'
import { operationsOf } from '../stellar/operation.ts'
import { readOzTransaction } from '../stellar/oz-transaction.ts'
import { readCall } from '../stellar/read-call.ts'
import { readEvent } from '../stellar/read-event.ts'
import type { Reading } from '../stellar/reading.ts'

type Parameter = { name: string; kind: string; value: string }

const normalise = (text: string): string => text.replace(/\p{White_Space}+/gu, '').toLowerCase()

const isTrue = (expression: string | null | undefined, parameters: readonly Parameter[]): boolean =>
  expression === null ||
  expression === undefined ||
  compileExpression('stellar', expression).evaluate(createParameters([...parameters])) === true

/**
 * What each monitor matches, found without an index: every monitor looks at everything, straight from the tables of spec/05
 * §7 to §10. Every transaction must have an envelope that decodes. Of a match only `KEY HASH {groups}` is told.
 */
export function naiveMatches(
  monitors: readonly StellarMonitorInput[],
  data: LedgerData,
  specs: Readonly<Record<string, StellarSpec>>,
): string[] {
  const matches: string[] = []
  for (const transaction of data.transactions) {
    for (const monitor of monitors) {
      const groups = matchOf(monitor, { transaction, data, specs })
      if (groups !== undefined) matches.push(`${monitor.key} ${transaction.hash} ${JSON.stringify(groups)}`)
    }
  }
  return matches
}

type Scene = { transaction: StellarTransaction; data: LedgerData; specs: Readonly<Record<string, StellarSpec>> }

function matchOf(monitor: StellarMonitorInput, scene: Scene): object | undefined {
  const conditions = monitor.configuration.match_conditions
  const events = eventsOf(monitor, scene)
  const functions = functionsOf(monitor, scene)
  const operations = operationMatches(monitor, scene)
  const transactions = transactionsOf(monitor, scene)
  const wanted = monitor.extensions?.operations ?? []
  const needsEvidence = conditions.events.length + conditions.functions.length + wanted.length > 0
  if (needsEvidence && events.length + functions.length + operations.length === 0) return undefined
  if (conditions.transactions.length > 0 && transactions.length === 0) return undefined
  return { functions, events, transactions, ...(monitor.extensions && { operations }) }
}

function specFor(
  { configuration }: StellarMonitorInput,
  contractId: string,
  { specs }: Scene,
): StellarSpec | undefined {
  const own = configuration.addresses.filter(({ address }) => normalise(address) === normalise(contractId))
  const configured = own.map(({ contract_spec: spec }) => spec).find((spec) => Array.isArray(spec) && spec.length > 0)
  if (configured) return configured as StellarSpec
  return own.some(({ contract_spec: spec }) => spec === undefined || spec === null) ? specs[contractId] : undefined
}

function eventsOf(monitor: StellarMonitorInput, scene: Scene): object[] {
  const watched = monitor.configuration.addresses.map(({ address }) => normalise(address))
  return scene.data.events
    .filter(({ txHash, type }) => txHash === scene.transaction.hash && type !== 'system')
    .filter(({ contractId }) => watched.includes(normalise(contractId)))
    .flatMap((event) => {
      const spec = specFor(monitor, event.contractId, scene)
      const readings = readEvent(decodeEvent(event), spec && compileInterface(spec))
      return monitor.configuration.match_conditions.events.flatMap((condition) => {
        const reading = readings.find((each) => accepts(condition, each))
        return reading ? [{ signature: reading.signature, expression: condition.expression ?? null }] : []
      })
    })
}

function functionsOf(monitor: StellarMonitorInput, scene: Scene): object[] {
  const watched = monitor.configuration.addresses.map(({ address }) => normalise(address))
  const envelope = readEnvelope(scene.transaction.envelopeXdr ?? '')
  const nested = monitor.extensions?.nested_calls === true
  return callsOf(envelope, { nested, diagnosticEventsXdr: [] })
    .filter(({ contractId }) => watched.includes(normalise(contractId)))
    .flatMap((call) => {
      const spec = specFor(monitor, call.contractId, scene)
      for (const reading of spec ? readCall(call, compileInterface(spec)) : []) {
        const condition = monitor.configuration.match_conditions.functions.find((each) => accepts(each, reading))
        if (condition) return [{ signature: reading.signature, expression: condition.expression ?? null }]
      }
      return []
    })
}

function accepts(
  { signature, expression }: { signature: string; expression?: string | null },
  reading: Reading,
): boolean {
  return normalise(signature) === normalise(reading.signature) && isTrue(expression, reading.args)
}

function operationMatches({ extensions }: StellarMonitorInput, { transaction }: Scene): object[] {
  return operationsOf(readEnvelope(transaction.envelopeXdr ?? ''), transaction.resultXdr).flatMap((operation) => {
    const condition = extensions?.operations?.find(
      ({ type, expression }) => (type === 'any' || type === operation.type) && isTrue(expression, operation.parameters),
    )
    return condition ? [{ type: operation.type, expression: condition.expression ?? null }] : []
  })
}

function transactionsOf({ configuration }: StellarMonitorInput, { transaction, data }: Scene): object[] {
  const status = { SUCCESS: 'Success', FAILED: 'Failure' }[transaction.status] ?? 'Any'
  const place = { hash: transaction.hash, ledger: data.ledger.sequence }
  const { base, sets } = readOzTransaction(readEnvelope(transaction.envelopeXdr ?? ''), place)
  const found: object[] = []
  for (const condition of configuration.match_conditions.transactions) {
    if (condition.status !== 'Any' && condition.status !== status) continue
    const expression = condition.expression ?? null
    const holds = (sets.length === 0 ? [base] : sets).some((set) => isTrue(expression, set))
    if (holds) found.push({ status, expression })
    if (expression === null || (holds && sets.length === 0)) break
  }
  return found
}
