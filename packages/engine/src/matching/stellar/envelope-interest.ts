import { contractIdHexOf, decodeStrkey } from '../../stellar/strkey.ts'
import type { PredicateKey } from '../predicate-keys.ts'

/**
 * What a condition wants of an envelope: nothing, anything, or one of these keys of accounts, issuers or contracts
 * (hexadecimal), without which its bytes cannot satisfy the condition and need not be decoded.
 */
export type EnvelopeNeed = 'nothing' | 'anything' | readonly string[]

/** What all conditions want together. Counted, so that taking a need away leaves it as if it had never been there. */
export type EnvelopeInterest = {
  anything: number
  keys: Map<string, number>
  /** The keys by their first four bytes, which are looked at first. */
  byWord: Map<number, Set<string>>
}

export function createEnvelopeInterest(): EnvelopeInterest {
  return { anything: 0, keys: new Map(), byWord: new Map() }
}

export function addNeed(interest: EnvelopeInterest, need: EnvelopeNeed): void {
  if (need === 'nothing') return
  if (need === 'anything') {
    interest.anything += 1
    return
  }
  for (const key of need) {
    interest.keys.set(key, (interest.keys.get(key) ?? 0) + 1)
    const word = wordOf(key)
    const sameWord = interest.byWord.get(word)
    if (sameWord) sameWord.add(key)
    else interest.byWord.set(word, new Set([key]))
  }
}

export function removeNeed(interest: EnvelopeInterest, need: EnvelopeNeed): void {
  if (need === 'nothing') return
  if (need === 'anything') {
    interest.anything -= 1
    return
  }
  for (const key of need) {
    const left = (interest.keys.get(key) ?? 0) - 1
    if (left > 0) {
      interest.keys.set(key, left)
      continue
    }
    interest.keys.delete(key)
    const sameWord = interest.byWord.get(wordOf(key))
    sameWord?.delete(key)
    if (sameWord?.size === 0) interest.byWord.delete(wordOf(key))
  }
}

/** Whether an envelope of these bytes may satisfy any of the conditions. */
export function mayConcern({ anything, byWord }: EnvelopeInterest, bytes: Buffer): boolean {
  if (anything > 0) return true
  if (byWord.size === 0) return false
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Everything in XDR begins at a multiple of four bytes.
  for (let offset = 0; offset + KEY_LENGTH <= bytes.length; offset += 4) {
    const sameWord = byWord.get(words.getInt32(offset))
    if (sameWord?.has(bytes.toString('hex', offset, offset + KEY_LENGTH))) return true
  }
  return false
}

/** As mayConcern, for what one condition wants. */
export function maySatisfy(need: EnvelopeNeed, bytes: Buffer): boolean {
  if (typeof need === 'string') return need === 'anything'
  return need.some((key) => bytes.includes(Buffer.from(key, 'hex')))
}

const KEY_LENGTH = 32

/** What is wanted when one of the predicate keys must hold; their values are as stellarKeyReader writes them. */
export function needOfKeys(keys: readonly PredicateKey[] | undefined): EnvelopeNeed {
  if (keys === undefined) return 'anything'
  const needs: string[] = []
  for (const key of keys) {
    const bytes = key.kind === 'equal' && partyVariables.has(key.variable) ? partyKeyOf(key.value.slice(1)) : undefined
    if (bytes === undefined) return 'anything'
    needs.push(bytes)
  }
  return needs.length === 0 ? 'nothing' : needs
}

/** What calls of a contract want; nothing is ever found of what is no contract. */
export function needOfContract(address: string): EnvelopeNeed {
  const key = contractIdHexOf(address.toUpperCase())
  return key === undefined ? 'nothing' : [key]
}

/** What can only equal a party if the envelope names that party. */
const parties = 'from to source destination tx_source fee_source trustor sponsored_id inflation_dest contract'.split(
  ' ',
)
const assets = 'asset send_asset dest_asset selling buying'.split(' ')
const partyVariables: ReadonlySet<string> = new Set([...parties, ...parties.map((name) => `${name}_muxed`), ...assets])

/** The 32 bytes of an account, a muxed account, a contract or an asset's issuer. */
function partyKeyOf(lowerCase: string): string | undefined {
  const address = lowerCase.slice(lowerCase.indexOf(':') + 1).toUpperCase()
  const strkey = decodeStrkey(address)
  if (strkey?.kind !== 'account' && strkey?.kind !== 'muxed_account' && strkey?.kind !== 'contract') return undefined
  return Buffer.from(strkey.bytes.subarray(0, KEY_LENGTH)).toString('hex')
}

function wordOf(key: string): number {
  return Buffer.from(key.slice(0, 8), 'hex').readInt32BE(0)
}
