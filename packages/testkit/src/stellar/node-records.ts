import { contractEventXdr } from './contract-calls.ts'
import type { AppliedTransaction, Stage } from './apply.ts'
import { envelopeBase64 } from './envelope.ts'
import type { SimulatedEvent } from './operation.ts'
import { encodeXdr } from './xdr.ts'

/** Items of a node's answers. */
export type NodeRecord = Record<string, unknown>

export type EventRecord = { id: string; record: NodeRecord }

type Place = { ledger: number; closeTime: number; applicationOrder: number }

const largestTransaction = 0xf_ffff
const largestOperation = 0xfff

/** A position in history as one number (SEP-35). */
export function toid(ledger: number, transaction: number, operation: number): bigint {
  return (BigInt(ledger) << 32n) | (BigInt(transaction) << 12n) | BigInt(operation)
}

/** What `getTransactions` lists. */
export function transactionRecord(
  applied: AppliedTransaction,
  { ledger, closeTime, applicationOrder }: Place,
): NodeRecord {
  const { signed, isSuccessful, result, meta } = applied
  const diagnosticEventsXdr = applied.diagnosticEvents.map((event) => encodeXdr('DiagnosticEvent', event))
  return {
    status: isSuccessful ? 'SUCCESS' : 'FAILED',
    txHash: signed.hash,
    applicationOrder,
    feeBump: signed.hash !== signed.innerHash,
    envelopeXdr: envelopeBase64(signed),
    resultXdr: encodeXdr('TransactionResult', result),
    resultMetaXdr: encodeXdr('TransactionMeta', meta),
    ...unlessEmpty('diagnosticEventsXdr', diagnosticEventsXdr),
    events: {
      ...unlessEmpty('diagnosticEventsXdr', diagnosticEventsXdr),
      ...unlessEmpty(
        'transactionEventsXdr',
        applied.transactionEvents.map(({ stage, event }) =>
          encodeXdr('TransactionEvent', { stage, event: contractEventXdr(event) }),
        ),
      ),
      ...unlessEmpty(
        'contractEventsXdr',
        applied.operationEvents.map((events) =>
          events.map((event) => encodeXdr('ContractEvent', contractEventXdr(event))),
        ),
      ),
    },
    ledger,
    createdAt: closeTime,
  }
}

/**
 * What `getEvents` lists for a ledger, in order. Events of transactions themselves stand before all transactions
 * (position 0), behind the operations of theirs, or after all (the largest position); operations count from 0.
 */
export function eventRecords(applied: AppliedTransaction[], ledger: number, closeTime: number): EventRecord[] {
  const counts: Record<'before_all_txs' | 'after_all_txs', number> = { before_all_txs: 0, after_all_txs: 0 }
  const records: EventRecord[] = []
  applied.forEach((transaction, index) => {
    const order = index + 1
    const add = (event: SimulatedEvent, [tx, operation, position]: [number, number, number]) => {
      const id = `${toid(ledger, tx, operation).toString().padStart(19, '0')}-${String(position).padStart(10, '0')}`
      records.push({
        id,
        record: {
          type: event.type ?? 'contract',
          ledger,
          ledgerClosedAt: new Date(closeTime * 1_000).toISOString().replace('.000Z', 'Z'),
          contractId: event.contractId,
          id,
          operationIndex: operation,
          transactionIndex: tx,
          txHash: transaction.signed.hash,
          inSuccessfulContractCall: transaction.isSuccessful,
          topic: event.topics.map((topic) => encodeXdr('ScVal', topic)),
          value: encodeXdr('ScVal', event.data),
        },
      })
    }
    let afterTx = 0
    const place = (stage: Stage): [number, number, number] => {
      if (stage === 'after_tx') return [order, largestOperation, afterTx++]
      return [stage === 'before_all_txs' ? 0 : largestTransaction, 0, counts[stage]++]
    }
    for (const { stage, event } of transaction.transactionEvents) add(event, place(stage))
    transaction.operationEvents.forEach((events, operation) => {
      events.forEach((event, position) => add(event, [order, operation, position]))
    })
  })
  return records.toSorted((left, right) => (left.id < right.id ? -1 : 1))
}

function unlessEmpty<Item>(name: string, items: Item[]): Record<string, Item[]> {
  return items.length === 0 ? {} : { [name]: items }
}
