import type { JsonValue } from '../config/json.ts'
import { XdrError } from './xdr-error.ts'
import { decodeXdr, encodeXdr } from './xdr.ts'
import { armOf, membersOf, textOf } from './xdr-json.ts'

/** What a contract runs, by the entry of its instance. */
export type ContractExecutable =
  | { kind: 'wasm'; hash: string }
  /** A Stellar Asset Contract: part of the protocol, without code and without a spec. */
  | { kind: 'asset' }
  /** One that this version does not know, by its name in XDR-JSON. */
  | { kind: 'other'; name: string }

/** Base64 XDR of the ledger key under which a contract's instance is (spec/05 §5.2). @throws XdrError for no `C…`. */
export function contractInstanceKey(contractId: string): string {
  return encodeXdr('LedgerKey', {
    contract_data: { contract: contractId, key: 'ledger_key_contract_instance', durability: 'persistent' },
  })
}

/** Base64 XDR of the ledger key under which the code with the hash (hexadecimal) is. */
export function contractCodeKey(hash: string): string {
  return encodeXdr('LedgerKey', { contract_code: { hash } })
}

/** Reads the entry (`LedgerEntryData`) under {@link contractInstanceKey}. @throws XdrError when it is something else. */
export function readInstanceEntry(base64: string): ContractExecutable {
  const entry = armOf(decodeXdr('LedgerEntryData', base64))
  if (entry.name !== 'contract_data') throw new XdrError('is not a contract data entry')
  const instance = armOf(membersOf(entry.value).val)
  if (instance.name !== 'contract_instance') throw new XdrError('is not a contract instance')
  return readExecutable(membersOf(instance.value).executable)
}

/** Reads the entry (`LedgerEntryData`) under {@link contractCodeKey}: the WASM. @throws XdrError when it is something else. */
export function readCodeEntry(base64: string): Uint8Array {
  const entry = armOf(decodeXdr('LedgerEntryData', base64))
  if (entry.name !== 'contract_code') throw new XdrError('is not a contract code entry')
  return Buffer.from(textOf(membersOf(entry.value).code), 'hex')
}

function readExecutable(json: JsonValue | undefined): ContractExecutable {
  const { name, value } = armOf(json)
  if (name === 'wasm') return { kind: 'wasm', hash: textOf(value) }
  return name === 'stellar_asset' ? { kind: 'asset' } : { kind: 'other', name }
}
