import { readBoolean, readText } from '../evm/chain-values.ts'
import { nullable, readArray, readObject, required } from '../evm/json-object.ts'
import type { StellarEvent } from './ledger-data.ts'
import { readHexHash, readUint32 } from './node-values.ts'

/** An event, and the sequence of the ledger that the node says it happened in. */
export type ParsedEvent = { event: StellarEvent; ledger: bigint }

/**
 * One item of `getEvents` in XDR form. Throws ChainDataError. Source: spec/05 §4.3, but members that nodes deprecate or
 * that nothing uses may be missing (spec/05 Q23): `inSuccessfulContractCall` then means true, `contractId` is empty for
 * an event of no contract.
 */
export function parseStellarEvent(value: unknown, pointer: string): ParsedEvent {
  const source = readObject(value, pointer)
  return {
    event: {
      id: required(source, 'id', readText),
      type: required(source, 'type', readText),
      contractId: nullable(source, 'contractId', readText) ?? '',
      txHash: required(source, 'txHash', readHexHash),
      transactionIndex: nullable(source, 'transactionIndex', readUint32) ?? undefined,
      operationIndex: nullable(source, 'operationIndex', readUint32) ?? undefined,
      isInSuccessfulCall: nullable(source, 'inSuccessfulContractCall', readBoolean) ?? true,
      topics: nullable(source, 'topic', readArray(readText)) ?? undefined,
      value: nullable(source, 'value', readText) ?? undefined,
    },
    ledger: BigInt(required(source, 'ledger', readUint32)),
  }
}
