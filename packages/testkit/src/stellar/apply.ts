import { StrKey } from '@stellar/stellar-base'
import { feeEvent } from './asset-events.ts'
import { accountOf } from './assets.ts'
import { contractEventXdr, eventsOfCall, traceOfCall } from './contract-calls.ts'
import type { SignedTransaction } from './envelope.ts'
import type { LedgerState } from './ledger-state.ts'
import type { OperationContext, SimulatedEvent, SimulatedTransaction } from './operation.ts'
import { sha256, type XdrJson } from './xdr.ts'

/** When, around the transactions of a ledger, an event of a transaction itself happened. */
export type Stage = 'before_all_txs' | 'after_tx' | 'after_all_txs'

/** What a transaction did. XDR as JSON. */
export type AppliedTransaction = {
  signed: SignedTransaction
  isSuccessful: boolean
  result: XdrJson
  meta: XdrJson
  feeChanges: XdrJson[]
  operationEvents: SimulatedEvent[][]
  transactionEvents: { stage: Stage; event: SimulatedEvent }[]
  diagnosticEvents: XdrJson[]
}

type Applying = {
  state: LedgerState
  ledger: number
  nextOfferId: () => string
  /** CAP-67 events of classic operations and fees. */
  hasClassicEvents: boolean
}

/** Applies a signed transaction to the state: the fee is paid in any case, the rest only when it does not fail. */
export function applyTransaction(
  request: SimulatedTransaction,
  signed: SignedTransaction,
  { state, ledger, nextOfferId, hasClassicEvents }: Applying,
): AppliedTransaction {
  const isSuccessful = request.fails !== true
  const feeCharged = signed.fee
  const refund = signed.isSoroban && isSuccessful ? 1_000n : 0n

  const unpaid = state.accountEntry(signed.feeAccount)
  state.addLumens(signed.feeAccount, -feeCharged, ledger)
  const feeChanges = [{ state: unpaid }, { updated: state.accountEntry(signed.feeAccount) }]

  const changesBefore = [{ state: state.accountEntry(request.source) }, { updated: state.accountEntry(request.source) }]
  const results: XdrJson[] = []
  const operations: XdrJson[] = []
  const operationEvents: SimulatedEvent[][] = []
  const diagnosticEvents: XdrJson[] = []
  request.operations.forEach((operation, index) => {
    const source = operation.source ?? request.source
    const context: OperationContext = {
      source,
      account: accountOf(source),
      memo: signed.memo,
      assetContract: state.assetContract,
      nextOfferId,
      balanceId: () => sha256(`${signed.innerHash}/${index}`),
      nativeBalance: (account) => state.account(account).balance,
    }
    const fails = !isSuccessful && index === request.operations.length - 1
    results.push({ op_inner: fails ? operation.failure : operation.success(context) })
    if (!isSuccessful) return
    const events = [
      ...(operation.call === undefined ? [] : eventsOfCall(operation.call)),
      ...(hasClassicEvents ? (operation.classicEvents?.(context) ?? []) : []),
    ]
    operationEvents.push(events)
    const before = state.accountEntry(source)
    for (const { account, amount } of operation.nativeChanges?.(context) ?? []) state.addLumens(account, amount, ledger)
    if (operation.newExecutable !== undefined) {
      const { contractId, wasmHash } = operation.newExecutable
      state.putContract(contractId, { kind: 'wasm', hash: wasmHash }, ledger)
    }
    operations.push({
      ext: 'v0',
      changes: [{ state: before }, { updated: state.accountEntry(source) }],
      events: events.map(contractEventXdr),
    })
    if (operation.call !== undefined) diagnosticEvents.push(...traceOfCall(operation.call, null, hexOf))
  })

  if (refund > 0n) state.addLumens(signed.feeAccount, refund, ledger)
  const transactionEvents = hasClassicEvents ? feeEvents(signed, { feeCharged, refund, state }) : []
  const call = request.operations.find((operation) => operation.call !== undefined)?.call
  return {
    signed,
    isSuccessful,
    result: resultXdr({ request, signed, isSuccessful, results, feeCharged: feeCharged - refund }),
    meta: {
      v4: {
        ext: 'v0',
        tx_changes_before: changesBefore,
        operations,
        tx_changes_after: [],
        soroban_meta:
          call === undefined ? null : { ext: 'v0', return_value: isSuccessful ? (call.returns ?? 'void') : null },
        events: transactionEvents.map(({ stage, event }) => ({ stage, event: contractEventXdr(event) })),
        diagnostic_events: diagnosticEvents,
      },
    },
    feeChanges,
    operationEvents,
    transactionEvents,
    diagnosticEvents,
  }
}

type Fees = { feeCharged: bigint; refund: bigint; state: LedgerState }

function feeEvents({ feeAccount }: SignedTransaction, { feeCharged, refund, state }: Fees) {
  const lumens = state.assetContract('native')
  const charge: AppliedTransaction['transactionEvents'][number] = {
    stage: 'before_all_txs',
    event: feeEvent(feeAccount, feeCharged, lumens),
  }
  return refund === 0n
    ? [charge]
    : [charge, { stage: 'after_all_txs' as const, event: feeEvent(feeAccount, -refund, lumens) }]
}

type Outcome = {
  request: SimulatedTransaction
  signed: SignedTransaction
  isSuccessful: boolean
  results: XdrJson[]
  feeCharged: bigint
}

function resultXdr({ request, signed, isSuccessful, results, feeCharged }: Outcome): XdrJson {
  const own = { [isSuccessful ? 'tx_success' : 'tx_failed']: results }
  if (request.feeBump === undefined) return { fee_charged: feeCharged.toString(), result: own, ext: 'v0' }
  const inner = {
    transaction_hash: signed.innerHash,
    result: { fee_charged: '0', result: own, ext: 'v0' },
  }
  return {
    fee_charged: feeCharged.toString(),
    result: { [isSuccessful ? 'tx_fee_bump_inner_success' : 'tx_fee_bump_inner_failed']: inner },
    ext: 'v0',
  }
}

function hexOf(contractId: string): string {
  return StrKey.decodeContract(contractId).toString('hex')
}
