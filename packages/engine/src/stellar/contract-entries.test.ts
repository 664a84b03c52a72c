import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../config/json.ts'
import { account, contractAddress } from '../testing/stellar-values.ts'
import { contractCodeKey, contractInstanceKey, readCodeEntry, readInstanceEntry } from './contract-entries.ts'
import { encodeXdr } from './xdr.ts'
import { XdrError } from './xdr-error.ts'

const hash = 'cd'.repeat(32)

function instance(executable: JsonValue): string {
  return dataEntry({ contract_instance: { executable, storage: null } })
}

function dataEntry(val: JsonValue): string {
  const key = 'ledger_key_contract_instance'
  return encodeXdr('LedgerEntryData', {
    contract_data: { ext: 'v0', contract: contractAddress, key, durability: 'persistent', val },
  })
}

function codeEntry(code: string): string {
  return encodeXdr('LedgerEntryData', { contract_code: { ext: 'v0', hash, code } })
}

describe('keys of a contract (spec/05 §5.2)', () => {
  it('are the known ones', () => {
    expect(contractInstanceKey(contractAddress)).toBe(
      'AAAABgAAAAEREREREREREREREREREREREREREREREREREREREREREQAAABQAAAAB',
    )
    expect(contractCodeKey(hash)).toBe('AAAAB83Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3N')
  })

  it('are not made for what is no address', () => expect(() => contractInstanceKey('nonsense')).toThrow(XdrError))
})

describe('readInstanceEntry', () => {
  it('tells WASM from asset contracts', () => {
    expect(readInstanceEntry(instance({ wasm: hash }))).toEqual({ kind: 'wasm', hash })
    expect(readInstanceEntry(instance('stellar_asset'))).toEqual({ kind: 'asset' })
  })

  it.each([
    ['not a contract data entry', codeEntry('00')],
    ['not a contract instance', dataEntry({ address: account })],
  ])('says what is %s', (problem, xdr) => expect(() => readInstanceEntry(xdr)).toThrow(problem))
})

describe('readCodeEntry', () => {
  it('returns the bytes', () => expect([...readCodeEntry(codeEntry('0061736d'))]).toEqual([0, 0x61, 0x73, 0x6d]))

  it('says what is not a contract code entry', () => {
    expect(() => readCodeEntry(instance('stellar_asset'))).toThrow('not a contract code entry')
  })
})
