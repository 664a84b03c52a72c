import { createKeys } from './accounts.ts'
import { applyTransaction } from './apply.ts'
import { buildLedger } from './close-ledger.ts'
import { wasmWithSpec } from './contract-spec.ts'
import { contractOfDeployer } from './assets.ts'
import { signTransaction, type SignedTransaction } from './envelope.ts'
import { createLedgerState } from './ledger-state.ts'
import { type EventRecord, eventRecords, type NodeRecord, transactionRecord } from './node-records.ts'
import type { SimulatedTransaction } from './operation.ts'
import { sha256, type XdrJson } from './xdr.ts'

/** A closed ledger with everything a node answers about it. */
export type ClosedLedgerRecord = {
  sequence: number
  hash: string
  closeTime: number
  header: XdrJson
  headerXdr: string
  metadataXdr: string
  transactions: NodeRecord[]
  events: EventRecord[]
  transactionHashes: string[]
}

export type ChainOptions = { passphrase: string; seed: string; firstLedger: number; hasClassicEvents: boolean }

export type Chain = ReturnType<typeof createChain>

// The close time of the first ledger; later ones follow at the pace of the network, so that bytes do not depend on when
// a test runs.
const firstCloseTime = 1_780_000_000
const ledgerTime = 5

/** A chain that closes ledgers when told to. Nothing in it depends on the clock or on chance. */
export function createChain({ passphrase, seed, firstLedger, hasClassicEvents }: ChainOptions) {
  const keys = createKeys(seed)
  const state = createLedgerState({ passphrase, firstLedger })
  const ledgers: ClosedLedgerRecord[] = []
  let pending: { request: SimulatedTransaction; signed: SignedTransaction }[] = []
  let offers = 0
  let feePool = 0n

  const nextSequence = () => firstLedger + ledgers.length

  const submit = (request: SimulatedTransaction): string => {
    const signed = signTransaction(request, { sequence: state.nextSequence(request.source), keys, passphrase })
    pending.push({ request, signed })
    return signed.hash
  }

  /** `atSeconds` is the earliest close time; it never goes back. */
  const close = (atSeconds?: number): ClosedLedgerRecord => {
    const last = ledgers.at(-1)
    const sequence = nextSequence()
    const earliest = last === undefined ? firstCloseTime : last.closeTime + (atSeconds === undefined ? ledgerTime : 1)
    const closeTime = Math.max(earliest, atSeconds ?? 0)
    // The classic phase of the transaction set comes before the one of contract calls.
    const inOrder = pending.toSorted((left, right) => Number(left.signed.isSoroban) - Number(right.signed.isSoroban))
    pending = []
    const applied = inOrder.map(({ request, signed }) =>
      applyTransaction(request, signed, {
        state,
        ledger: sequence,
        nextOfferId: () => String((offers += 1)),
        hasClassicEvents,
      }),
    )
    feePool += applied.reduce((sum, { signed }) => sum + signed.fee, 0n)
    const previousHash = last?.hash ?? sha256(`${seed}/genesis`)
    const built = buildLedger(applied, { sequence, previousHash, closeTime, keys, feePool })
    const ledger = {
      ...built,
      sequence,
      closeTime,
      transactions: applied.map((transaction, index) =>
        transactionRecord(transaction, { ledger: sequence, closeTime, applicationOrder: index + 1 }),
      ),
      events: eventRecords(applied, sequence, closeTime),
      transactionHashes: applied.map(({ signed }) => signed.hash),
    }
    ledgers.push(ledger)
    return ledger
  }

  return {
    keys,
    submit,
    close,
    first: () => firstLedger,
    latest: () => nextSequence() - 1,
    ledger: (sequence: number): ClosedLedgerRecord | undefined => ledgers[sequence - firstLedger],
    upload: (spec: XdrJson[]) => ({ wasmHash: state.putCode(wasmWithSpec(spec), nextSequence()) }),
    deploy: (name: string, spec: XdrJson[]) => {
      const wasmHash = state.putCode(wasmWithSpec(spec), nextSequence())
      const contractId = contractOfDeployer(keys.addresses.admin, sha256(`${seed}/${name}`), passphrase)
      state.putContract(contractId, { kind: 'wasm', hash: wasmHash }, nextSequence())
      return { contractId, wasmHash }
    },
    assetContract: state.assetContract,
    findEntry: state.find,
  }
}
