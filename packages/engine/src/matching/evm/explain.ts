import type { MonitorConfig } from '../../config/monitor.ts'
import type { EvmLog } from '../../evm/log.ts'
import type { EvmReceipt } from '../../evm/receipt.ts'
import type { EvmTransaction } from '../../evm/transaction.ts'
import { formsOf } from '../../expression/operand.ts'
import { type BlockData, currentLogs } from './candidates.ts'
import { addressEntries, type CompiledMonitor, compileMonitor, createSharedParts } from './compiled-monitor.ts'
import { type ConditionRecord, createConditionRecord } from '../condition-record.ts'
import { decodingOf } from './decoding.ts'
import { EngineError } from '../engine-error.ts'
import { createSubject, evaluateMonitor, type Subject, type TriedOn } from './evaluate-monitor.ts'
import { type Lookup, probeCall, probeLog } from './explain-evidence.ts'
import type { AddressGate, ConditionExplanation, Explanation, TransactionsGate } from '../explanation.ts'

export type ExplainInput = {
  configuration: MonitorConfig
  data: BlockData
  /** Lower case, as in the block. */
  txHash: string
  /** Of this transaction: its status is always the true one. */
  receipt: EvmReceipt
}

/**
 * Why a monitor matches a transaction or does not. The conditions are tried by the code that evaluates blocks, which tells
 * what it saw; this adds only why some of them were never tried. Throws EngineError `unknown_transaction` when the block has
 * no such transaction.
 */
export function explainMatch({ configuration, data, txHash, receipt }: ExplainInput): Explanation {
  const transaction = data.block.transactions.find(({ hash }) => hash === txHash)
  if (transaction === undefined) {
    throw new EngineError('unknown_transaction', `Block ${data.block.number} has no transaction ${txHash}.`)
  }
  const logs = currentLogs(data.logs).filter((log) => log.transactionHash === txHash)
  const shared = createSharedParts()
  const monitor = compileMonitor({ key: '', configuration }, 0, shared)
  const lookup: Lookup = {
    monitor,
    entries: addressEntries(configuration.addresses),
    abiOf: (spec) => shared.abis.acquire(spec),
    decoding: decodingOf(data.block),
  }

  const address = addressGate(monitor, transaction, logs)
  const logProbes = logs.map((log) => probeLog(lookup, log))
  const callProbe = probeCall(lookup, transaction)
  const subject = createSubject(transaction, receipt)
  const record = createConditionRecord<TriedOn>()
  const events = logProbes.flatMap(({ hit }) => (hit === undefined ? [] : [hit]))
  const evidence = evaluateMonitor({ monitor, events, call: callProbe.hit }, subject, record.observe)

  const explainedLogs = logProbes.map(({ hit, explained }) => withConditions(explained, hit, record))
  const call = withConditions(callProbe.explained, callProbe.hit, record)
  const matched = address.passed && evidence !== undefined
  const { functions: onFunctions, events: onEvents, transactions: onTransactions } = configuration.match_conditions
  const gates: Explanation['gates'] = {
    address,
    events: {
      configured: onEvents.length > 0,
      passed: explainedLogs.some(({ outcome }) => outcome === 'matched'),
      logs: explainedLogs,
    },
    functions: { configured: onFunctions.length > 0, passed: call.outcome === 'matched', ...call },
    transactions: transactionsGate(monitor, subject, record),
    combination: {
      passed: matched,
      rule: ruleOf({
        functions: onFunctions.length > 0,
        events: onEvents.length > 0,
        transactions: onTransactions.length > 0,
      }),
    },
  }
  const status = receipt.isSuccess ? 'Success' : 'Failure'
  const { hash, from, to } = transaction
  return { matched, summary: summaryOf(gates), transaction: { hash, from, to, status }, gates }
}

function addressGate(
  { addresses }: CompiledMonitor,
  { from, to }: EvmTransaction,
  logs: readonly EvmLog[],
): AddressGate {
  const roles = new Map<string, Set<'sender' | 'recipient' | 'emitter'>>()
  const add = (address: string | null, role: 'sender' | 'recipient' | 'emitter'): void => {
    if (address !== null) roles.set(address, (roles.get(address) ?? new Set()).add(role))
  }
  add(from, 'sender')
  add(to, 'recipient')
  for (const log of logs) add(log.address, 'emitter')
  const watched = new Set(addresses)
  const involved = [...roles].map(([address, as]) => ({ address, as: [...as], watched: watched.has(address) }))
  return { passed: involved.some((one) => one.watched), involved }
}

/** With what was said of its conditions; one that held makes the log or the call a match. */
function withConditions<Explained extends { outcome: string; detail: string }>(
  explained: Explained,
  hit:
    | (Parameters<ConditionRecord<TriedOn>['explain']>[1] & {
        watch: { conditions: Parameters<ConditionRecord<TriedOn>['explain']>[0] }
      })
    | undefined,
  record: ConditionRecord<TriedOn>,
): Explained & { conditions: ConditionExplanation[] } {
  const conditions = hit === undefined ? [] : record.explain(hit.watch.conditions, hit)
  const holding = conditions.find(({ result }) => result === true)
  if (holding === undefined) return { ...explained, conditions }
  return { ...explained, outcome: 'matched', detail: `Condition ${holding.index} holds.`, conditions }
}

function transactionsGate(
  monitor: CompiledMonitor,
  subject: Subject,
  record: ConditionRecord<TriedOn>,
): TransactionsGate {
  const explained = record.explain(monitor.transactionConditions, subject)
  const status = subject.receipt?.isSuccess === true ? 'Success' : 'Failure'
  const conditions = monitor.transactionConditions.flatMap((condition, position) => {
    const own = explained[position]
    if (own === undefined) return []
    const differs = condition.status !== 'Any' && condition.status !== status
    return [{ ...own, status: condition.status, ...(differs ? { result: 'status_differs' as const } : {}) }]
  })
  return {
    configured: conditions.length > 0,
    passed: conditions.some(({ result }) => result === true),
    variables: [...subject.parameters().operands].map(([name, operand]) => ({
      name,
      kind: operand.kind,
      value: formsOf(operand).text,
    })),
    conditions,
  }
}

type Configured = { functions: boolean; events: boolean; transactions: boolean }

/** The table of spec/04 §4.8, in words. */
function ruleOf({ functions, events, transactions }: Configured): string {
  const groups = [events ? 'events' : '', functions ? 'functions' : ''].filter((name) => name !== '')
  const evidence = groups.length > 1 ? `(${groups.join(' or ')})` : groups[0]
  const parts = [evidence, transactions ? 'transactions' : undefined].filter((part) => part !== undefined)
  return parts.length === 0 ? 'any transaction of a watched address' : parts.join(' and ')
}

function summaryOf({ address, events, functions, transactions, combination }: Explanation['gates']): string {
  if (combination.passed) return `Matched: ${combination.rule}.`
  if (!address.passed) return 'Not matched: no watched address takes part in the transaction.'
  const unproven = [events.configured ? 'event' : '', functions.configured ? 'function' : ''].filter(
    (name) => name !== '',
  )
  if (unproven.length > 0 && !events.passed && !functions.passed) {
    return `Not matched: no ${unproven.join(' or ')} condition holds.`
  }
  return `Not matched: no transaction condition holds${transactions.conditions.some(({ result }) => result === 'status_differs') ? ', and some want another status' : ''}.`
}
