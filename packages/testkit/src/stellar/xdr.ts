import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { decode, decode_stream, encode, initSync } from '@stellar/stellar-xdr-json'

/** XDR as JSON in the form of SEP-51: arms in snake case, wide integers as text, keys as strkeys. */
export type XdrJson = null | boolean | number | string | XdrJson[] | { [name: string]: XdrJson }

let isReady = false

/** Base64 of a value of the XDR type named; throws when the JSON is not of that type. */
export function encodeXdr(type: string, value: XdrJson): string {
  prepare()
  return encode(type, JSON.stringify(value))
}

/** The value as the decoder writes it. */
export function decodeXdr(type: string, base64: string): unknown {
  prepare()
  return JSON.parse(decode(type, base64))
}

/** The values of a stream of one type after another. */
export function decodeXdrStream(type: string, base64: string): unknown[] {
  prepare()
  return decode_stream(type, base64).map((value) => JSON.parse(value))
}

/** SHA-256 of the XDR bytes, in lower-case hex: what Stellar calls the hash of a thing. */
export function hashXdr(type: string, value: XdrJson): string {
  return sha256(Buffer.from(encodeXdr(type, value), 'base64'))
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function prepare(): void {
  if (isReady) return
  const wasm = new URL('stellar_xdr_json_bg.wasm', import.meta.resolve('@stellar/stellar-xdr-json'))
  initSync(readFileSync(wasm))
  isReady = true
}
