import { decodeStrkey } from './strkey.ts'

/** An operation that invokes a host function, a function that calls, and the address of a contract, as XDR words. */
const INVOKE = 24
const CALL = 0
const CONTRACT = 1
const WORD = 4
const ID_LENGTH = 32

/**
 * The ids in hexadecimal of all contracts that the envelope's own operations may call, without decoding it.
 *
 * XDR stands in words of four bytes, and an operation that calls a contract has the three numbers above and then the id,
 * in this order and with nothing between: so whatever is not found is not called. Other data may look the same, so what is
 * found is a candidate and no more.
 */
export function invokedContracts(envelope: Uint8Array): string[] {
  // Envelopes are looked through from end to end, all of them: nothing is made for a word.
  const words = new DataView(envelope.buffer, envelope.byteOffset, envelope.byteLength)
  const idOffset = 3 * WORD
  const found = new Set<string>()
  for (let offset = 0; offset + idOffset + ID_LENGTH <= envelope.length; offset += WORD) {
    if (words.getUint32(offset) !== INVOKE || words.getUint32(offset + WORD) !== CALL) continue
    if (words.getUint32(offset + 2 * WORD) !== CONTRACT) continue
    const start = offset + idOffset
    found.add(Buffer.from(envelope.subarray(start, start + ID_LENGTH)).toString('hex'))
  }
  return [...found]
}

/**
 * Finds which of many accounts and contracts some XDR may mention: prepared once, then a look-up for each word. An address
 * in XDR is a number of words and then its 32 bytes, so what is not found is not there. A muxed account is found by its
 * account. What is no address is not looked for.
 */
export function createMentionScan(addresses: Iterable<string>): (xdr: Uint8Array) => Set<string> {
  const byFirstWord = new Map<number, { key: Buffer; address: string }[]>()
  for (const address of addresses) {
    const strkey = decodeStrkey(address)
    if (strkey === undefined) continue
    // The first byte of a claimable balance's id is its type, and stands in a word of its own.
    const key = strkey.kind === 'claimable_balance' ? strkey.bytes.subarray(1) : strkey.bytes.subarray(0, ID_LENGTH)
    const entry = { key: Buffer.from(key), address }
    const word = entry.key.readUint32BE(0)
    const entries = byFirstWord.get(word)
    if (entries) entries.push(entry)
    else byFirstWord.set(word, [entry])
  }
  return (xdr) => {
    const bytes = Buffer.from(xdr.buffer, xdr.byteOffset, xdr.byteLength)
    const found = new Set<string>()
    for (let offset = 0; offset + ID_LENGTH <= bytes.length; offset += WORD) {
      for (const { key, address } of byFirstWord.get(bytes.readUint32BE(offset)) ?? []) {
        if (key.equals(bytes.subarray(offset, offset + ID_LENGTH))) found.add(address)
      }
    }
    return found
  }
}
