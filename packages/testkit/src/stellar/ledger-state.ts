import { createHash } from 'node:crypto'
import { accountOf, contractOfAsset } from './assets.ts'
import { encodeXdr, type XdrJson } from './xdr.ts'

type Account = { balance: bigint; sequence: bigint; changedIn: number }
type Executable = { kind: 'wasm'; hash: string } | { kind: 'asset' }
type Entry = { xdr: XdrJson; changedIn: number }

/** What is in the ledger between transactions: accounts with lumens, contracts and code. */
export type LedgerState = {
  account(address: string): Account
  /** The account's entry, as XDR. */
  accountEntry(address: string): XdrJson
  addLumens(address: string, amount: bigint, ledger: number): void
  nextSequence(address: string): bigint
  putCode(wasm: Uint8Array, ledger: number): string
  putContract(contractId: string, executable: Executable, ledger: number): void
  executableOf(contractId: string): Executable | undefined
  assetContract(asset: string): string
  /** The entry of a `LedgerKey` in base64. */
  find(key: string): Entry | undefined
}

const startingLumens = 10_000_000_000_000n

/** Accounts exist as soon as they are named, with a million lumens. */
export function createLedgerState({
  passphrase,
  firstLedger,
}: {
  passphrase: string
  firstLedger: number
}): LedgerState {
  const accounts = new Map<string, Account>()
  const contracts = new Map<string, { executable: Executable; changedIn: number }>()
  const assetContracts = new Map<string, string>()
  const entries = new Map<string, Entry>()

  const account = (address: string): Account => {
    const id = accountOf(address)
    const known = accounts.get(id)
    if (known !== undefined) return known
    const created = { balance: startingLumens, sequence: BigInt(firstLedger) << 32n, changedIn: firstLedger }
    accounts.set(id, created)
    return created
  }
  const accountEntry = (address: string): XdrJson => {
    const { balance, sequence, changedIn } = account(address)
    return {
      last_modified_ledger_seq: changedIn,
      data: {
        account: {
          account_id: accountOf(address),
          balance: balance.toString(),
          seq_num: sequence.toString(),
          num_sub_entries: 0,
          inflation_dest: null,
          flags: 0,
          home_domain: '',
          thresholds: '01000000',
          signers: [],
          ext: 'v0',
        },
      },
      ext: 'v0',
    }
  }
  const putContract: LedgerState['putContract'] = (contractId, executable, ledger) => {
    contracts.set(contractId, { executable, changedIn: ledger })
    const key = { contract: contractId, key: 'ledger_key_contract_instance', durability: 'persistent' }
    const value = {
      contract_instance: {
        executable: executable.kind === 'asset' ? 'stellar_asset' : { wasm: executable.hash },
        storage: null,
      },
    }
    entries.set(encodeXdr('LedgerKey', { contract_data: key }), {
      xdr: { contract_data: { ext: 'v0', ...key, val: value } },
      changedIn: ledger,
    })
  }

  return {
    account,
    accountEntry,
    addLumens: (address, amount, ledger) => {
      const changed = account(address)
      changed.balance += amount
      changed.changedIn = ledger
    },
    nextSequence: (address) => (account(address).sequence += 1n),
    putCode: (wasm, ledger) => {
      const hash = createHash('sha256').update(wasm).digest('hex')
      entries.set(encodeXdr('LedgerKey', { contract_code: { hash } }), {
        xdr: { contract_code: { ext: 'v0', hash, code: Buffer.from(wasm).toString('hex') } },
        changedIn: ledger,
      })
      return hash
    },
    putContract,
    executableOf: (contractId) => contracts.get(contractId)?.executable,
    assetContract: (asset) => {
      const known = assetContracts.get(asset)
      if (known !== undefined) return known
      const id = contractOfAsset(asset, passphrase)
      assetContracts.set(asset, id)
      putContract(id, { kind: 'asset' }, firstLedger)
      return id
    },
    find: (key) => entries.get(key),
  }
}
