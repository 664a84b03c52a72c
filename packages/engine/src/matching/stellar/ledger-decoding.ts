import { createParameters, type ExpressionParameters } from '../../expression/parameters.ts'
import { callsOf, type ContractCall } from '../../stellar/call.ts'
import type { ContractInterface } from '../../stellar/contract-interface.ts'
import { type DecodedEvent, decodeEvent } from '../../stellar/decode-event.ts'
import { type Envelope, readEnvelope } from '../../stellar/envelope.ts'
import type { LedgerData, StellarEvent, StellarTransaction } from '../../stellar/ledger-data.ts'
import { invokedContracts } from '../../stellar/prefilter.ts'
import { readCall } from '../../stellar/read-call.ts'
import { readEvent } from '../../stellar/read-event.ts'
import type { Reading } from '../../stellar/reading.ts'
import { contractAddressOf } from '../../stellar/strkey.ts'
import { XdrError } from '../../stellar/xdr-error.ts'
import { normaliseSignature } from '../normalise.ts'
import { createByteCount, type ByteCount } from './byte-count.ts'

/** A reading with what conditions need of it. */
export type PreparedReading = { reading: Reading; signature: string; parameters: ExpressionParameters }

/**
 * Decodes each part of a ledger once, when somebody asks for it. What cannot be decoded is an XdrError, the same each time;
 * an envelope that the node did not send is undefined.
 */
export type LedgerDecoding = {
  bytes: ByteCount
  /** The bytes of an envelope, undecoded; empty when there are none. Not to be trusted to be an envelope. */
  envelopeBytes(transaction: StellarTransaction): Buffer
  /** The contracts (`C…`) that the bytes may call, of which some may not be called at all. */
  invokedContracts(transaction: StellarTransaction): readonly string[]
  envelope(transaction: StellarTransaction): Envelope | XdrError | undefined
  /** Why the envelope cannot be decoded, if anybody tried. */
  envelopeProblem(transaction: StellarTransaction): XdrError | undefined
  /** All calls of the transaction, nested ones as well if asked for. None without an envelope. */
  calls(transaction: StellarTransaction, which: 'direct' | 'nested'): ContractCall[] | XdrError
  event(event: StellarEvent): DecodedEvent
  readingsOfEvent(event: StellarEvent, contract: ContractInterface | undefined): readonly PreparedReading[] | XdrError
  readingsOfCall(call: ContractCall, contract: ContractInterface): readonly PreparedReading[] | XdrError
}

const known = new WeakMap<LedgerData, LedgerDecoding>()

/** One decoding for as long as the ledger is kept: what contractsNeeded decoded, evaluateLedger finds decoded. */
export function ledgerDecodingOf(data: LedgerData): LedgerDecoding {
  const decoding = known.get(data) ?? createLedgerDecoding(data)
  known.set(data, decoding)
  return decoding
}

function createLedgerDecoding(data: LedgerData): LedgerDecoding {
  const bytes = createByteCount(data)
  const envelopeBytes = memoise((transaction: StellarTransaction) =>
    Buffer.from(transaction.envelopeXdr ?? '', 'base64'),
  )
  const problems = new Map<StellarTransaction, XdrError>()
  const envelope = memoise((transaction: StellarTransaction) => {
    const { envelopeXdr } = transaction
    if (envelopeXdr === undefined) return undefined
    bytes.countDecoded(envelopeXdr)
    const decoded = attempt(() => readEnvelope(envelopeXdr))
    if (decoded instanceof XdrError) problems.set(transaction, decoded)
    return decoded
  })
  const callsBy = (nested: boolean) =>
    memoise((transaction: StellarTransaction) => {
      const decoded = envelope(transaction)
      if (decoded === undefined || decoded instanceof XdrError) return decoded ?? []
      const { diagnosticEventsXdr } = transaction
      if (nested) for (const xdr of diagnosticEventsXdr) bytes.countDecoded(xdr)
      return attempt(() => callsOf(decoded, { nested, diagnosticEventsXdr }))
    })
  const calls = { direct: callsBy(false), nested: callsBy(true) }
  const event = memoise((chainEvent: StellarEvent) => {
    for (const xdr of [...(chainEvent.topics ?? []), chainEvent.value ?? '']) bytes.countDecoded(xdr)
    return decodeEvent(chainEvent)
  })
  return {
    bytes,
    envelopeBytes,
    invokedContracts: memoise((transaction: StellarTransaction) =>
      invokedContracts(envelopeBytes(transaction)).map(contractAddressOf),
    ),
    envelope,
    envelopeProblem: (transaction) => problems.get(transaction),
    calls: (transaction, which) => calls[which](transaction),
    event,
    readingsOfEvent: memoisePairs((chainEvent: StellarEvent, contract: ContractInterface | undefined) =>
      attempt(() => readEvent(event(chainEvent), contract).map(prepare)),
    ),
    readingsOfCall: memoisePairs((call: ContractCall, contract: ContractInterface) =>
      attempt(() => readCall(call, contract).map(prepare)),
    ),
  }
}

function prepare(reading: Reading): PreparedReading {
  return {
    reading,
    signature: normaliseSignature(reading.signature),
    parameters: createParameters(reading.args),
  }
}

/** Whatever goes wrong with data of the chain concerns only those who look at it, so no error of any kind gets past this. */
export function attempt<T>(decode: () => T): T | XdrError {
  try {
    return decode()
  } catch (error) {
    return error instanceof XdrError ? error : new XdrError('could not be read', { cause: error })
  }
}

function memoise<Subject extends object, Value>(make: (subject: Subject) => Value): (subject: Subject) => Value {
  const made = new Map<Subject, { value: Value }>()
  return (subject) => {
    const done = made.get(subject)
    if (done !== undefined) return done.value
    const value = make(subject)
    made.set(subject, { value })
    return value
  }
}

function memoisePairs<Subject extends object, Other, Value>(
  make: (subject: Subject, other: Other) => Value,
): (subject: Subject, other: Other) => Value {
  const made = new Map<Subject, Map<Other, Value>>()
  return (subject, other) => {
    let ofSubject = made.get(subject)
    if (ofSubject === undefined) made.set(subject, (ofSubject = new Map()))
    const done = ofSubject.get(other)
    if (done !== undefined) return done
    const value = make(subject, other)
    ofSubject.set(other, value)
    return value
  }
}
