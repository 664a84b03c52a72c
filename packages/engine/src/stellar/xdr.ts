import { decode, decode_stream, encode } from '@stellar/stellar-xdr-json'
import type { JsonValue } from '../config/json.ts'
import { checkBase64 } from './base64.ts'
import { XdrError } from './xdr-error.ts'
import { loadXdrModule } from './xdr-module.ts'

/** The types that are decoded or encoded here, by their names in stellar-xdr. */
export type XdrType =
  | 'ContractEvent'
  | 'DiagnosticEvent'
  | 'HashIdPreimage'
  | 'LedgerEntryData'
  | 'LedgerHeader'
  | 'LedgerHeaderHistoryEntry'
  | 'LedgerKey'
  | 'LiquidityPoolParameters'
  | 'ScSpecEntry'
  | 'ScVal'
  | 'TransactionEnvelope'
  | 'TransactionMeta'
  | 'TransactionResult'

/**
 * The value in XDR-JSON (SEP-51): arms in snake case, integers of 64 bits and more as decimal texts, addresses as strkeys,
 * strings with everything but printable ASCII escaped. The base64 is strict and all bytes belong to the value; nesting
 * and size are bounded, so hostile bytes end in an error like any others.
 *
 * @throws XdrError when the text is no value of the type, or of a protocol newer than the decoder (decision 14).
 */
export function decodeXdr(type: XdrType, base64: string): JsonValue {
  checkBase64(base64)
  return parse(run(() => decode(type, base64)))
}

/** The values that follow each other until the end of the bytes. @throws XdrError as {@link decodeXdr}. */
export function decodeXdrStream(type: XdrType, base64: string): JsonValue[] {
  checkBase64(base64)
  return run(() => decode_stream(type, base64)).map(parse)
}

/** The base64 of a value in XDR-JSON. @throws XdrError when it is no value of the type. */
export function encodeXdr(type: XdrType, value: JsonValue): string {
  return run(() => encode(type, JSON.stringify(value)))
}

function run<T>(decodeOrEncode: () => T): T {
  loadXdrModule()
  try {
    return decodeOrEncode()
  } catch (error) {
    // The decoder throws texts, which quote from the data.
    throw new XdrError('is not a value of the expected type, or of a newer protocol', { cause: error })
  }
}

/** XDR-JSON has no numbers beyond 32 bits, so the built-in parser loses nothing. */
function parse(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text)
  return value
}
