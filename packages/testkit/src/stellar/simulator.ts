import { createChain } from './chain.ts'
import { noFaults, type StellarFaults } from './faults.ts'
import { nodeMethods } from './node-methods.ts'
import { startNodeServer } from './node-server.ts'
import type { SimulatedTransaction } from './operation.ts'
import { recordedMethods } from './recorded.ts'
import type { XdrJson } from './xdr.ts'

export type StellarSimulatorOptions = {
  port?: number
  passphrase?: string
  /** Everything is derived from it: the same seed and the same calls give the same bytes. Default `smt`. */
  seed?: string
  /** Closes a ledger by itself this often; absent: only `closeLedger()` does (tests). */
  ledgerTimeMs?: number
  /** Sequence of the first ledger. Default 2. */
  firstLedger?: number
  retentionLedgers?: number
  /** Unified events of classic operations and fees (CAP-67), as with EMIT_CLASSIC_EVENTS. Default false, as nodes. */
  classicEvents?: boolean
  /** Serves `blocks.json`, `transactions.json` and `events.json` of this directory unchanged, instead of a chain. */
  recordedDir?: string
}

/** A ledger that has closed. */
export type ClosedLedger = { sequence: number; hash: string; transactions: string[] }

export type StellarSimulator = {
  url: string
  passphrase: string
  /** G… by name: alice, bob, carol, dave, issuer, admin. */
  accounts: Record<'alice' | 'bob' | 'carol' | 'dave' | 'issuer' | 'admin', string>
  /** Takes a transaction into the next ledger; answers its hash. */
  submit(transaction: SimulatedTransaction): string
  /** Closes a ledger now with what was submitted; its close time is five seconds after the one before. */
  closeLedger(): ClosedLedger
  /** Resolves when the ledger with the transaction has closed. */
  waitFor(hash: string): Promise<{ ledger: number; closedAtMs: number }>
  latest(): number
  /** Puts a contract with these `ScSpecEntry` on chain, at once. The same name gives the same id. */
  deploy(contract: { name: string; spec: XdrJson[] }): { contractId: string; wasmHash: string }
  /** Puts code on chain for an upgrade. */
  upload(spec: XdrJson[]): { wasmHash: string }
  /** The contract id of `native` or `CODE:ISSUER`; from then on the node has its entry. */
  assetContract(asset: string): string
  faults: StellarFaults
  /** JSON-RPC calls by method. */
  requests: Map<string, number>
  close(): Promise<void>
}

const testnetPassphrase = 'Test SDF Network ; September 2015'

/** Serves a deterministic Stellar chain as a stellar-rpc node does (methods of spec/05 §2, v23 and later). */
export async function startStellarSimulator(options: StellarSimulatorOptions = {}): Promise<StellarSimulator> {
  const { passphrase = testnetPassphrase, seed = 'smt', firstLedger = 2, retentionLedgers = 120_960 } = options
  const faults = noFaults()
  const chain = createChain({ passphrase, seed, firstLedger, hasClassicEvents: options.classicEvents === true })
  const closed = new Map<string, { ledger: number; closedAtMs: number }>()
  const waiting = new Map<string, (place: { ledger: number; closedAtMs: number }) => void>()

  const closeLedger = (atSeconds?: number): ClosedLedger => {
    const { sequence, hash, transactionHashes } = chain.close(atSeconds)
    for (const transaction of transactionHashes) {
      const place = { ledger: sequence, closedAtMs: Date.now() }
      closed.set(transaction, place)
      waiting.get(transaction)?.(place)
      waiting.delete(transaction)
    }
    return { sequence, hash, transactions: transactionHashes }
  }
  // A node without a ledger answers nothing; there is always a first one.
  const isTimed = options.ledgerTimeMs !== undefined
  const now = () => Math.floor(Date.now() / 1_000)
  closeLedger(isTimed ? now() : undefined)
  const timer = isTimed ? setInterval(() => closeLedger(now()), options.ledgerTimeMs) : undefined

  const methods =
    options.recordedDir === undefined
      ? nodeMethods({ chain, faults, passphrase, retentionLedgers })
      : recordedMethods(options.recordedDir, passphrase)
  const server = await startNodeServer({ methods, faults, port: options.port })
  return {
    url: server.url,
    passphrase,
    accounts: chain.keys.addresses,
    submit: chain.submit,
    closeLedger: () => closeLedger(),
    waitFor: async (hash) => {
      const place = closed.get(hash)
      return place ?? new Promise((resolve) => waiting.set(hash, resolve))
    },
    latest: chain.latest,
    deploy: ({ name, spec }) => chain.deploy(name, spec),
    upload: chain.upload,
    assetContract: chain.assetContract,
    faults,
    requests: server.requests,
    close: async () => {
      clearInterval(timer)
      await server.close()
    },
  }
}
