import type { Keys } from './accounts.ts'
import type { AppliedTransaction } from './apply.ts'
import { encodeXdr, hashXdr, type XdrJson } from './xdr.ts'

export const protocolVersion = 27

/** A closed ledger as XDR in base64, with what its successor needs. */
export type LedgerXdr = { hash: string; header: XdrJson; headerXdr: string; metadataXdr: string }

type Closing = {
  sequence: number
  previousHash: string
  /** Unix seconds. */
  closeTime: number
  keys: Keys
  feePool: bigint
}

const noHash = '0'.repeat(64)

/** Builds the header, whose hash is SHA-256 of its XDR and which names its predecessor's, and the close metadata. */
export function buildLedger(applied: AppliedTransaction[], closing: Closing): LedgerXdr {
  const { sequence, previousHash, closeTime, keys, feePool } = closing
  const txSet = transactionSet(applied, previousHash)
  const txSetHash = hashXdr('GeneralizedTransactionSet', txSet)
  const pairs = applied.map(({ signed, result }) => ({ transaction_hash: signed.hash, result }))
  const header = {
    ledger_version: protocolVersion,
    previous_ledger_hash: previousHash,
    scp_value: {
      tx_set_hash: txSetHash,
      close_time: closeTime.toString(),
      upgrades: [],
      ext: {
        signed: { node_id: keys.validator.address, signature: keys.validator.sign(txSetHash) },
      },
    },
    tx_set_result_hash: hashXdr('TransactionResultSet', { results: pairs }),
    bucket_list_hash: noHash,
    ledger_seq: sequence,
    total_coins: '1000000000000000000',
    fee_pool: feePool.toString(),
    inflation_seq: 0,
    id_pool: '1',
    base_fee: 100,
    base_reserve: 5_000_000,
    max_tx_set_size: 1_000,
    skip_list: [noHash, noHash, noHash, noHash],
    ext: 'v0',
  }
  const entry = historyEntry(header)
  return {
    hash: entry.hash,
    header,
    headerXdr: encodeXdr('LedgerHeaderHistoryEntry', entry),
    metadataXdr: encodeXdr('LedgerCloseMeta', {
      v2: {
        ext: 'v0',
        ledger_header: entry,
        tx_set: txSet,
        tx_processing: applied.map(({ meta, feeChanges }, index) => ({
          ext: 'v0',
          result: pairs[index] ?? null,
          fee_processing: feeChanges,
          tx_apply_processing: meta,
          post_tx_apply_fee_processing: [],
        })),
        upgrades_processing: [],
        scp_info: [],
        total_byte_size_of_live_soroban_state: '0',
        evicted_keys: [],
      },
    }),
  }
}

/** `LedgerHeaderHistoryEntry`: a header with its own hash. */
export function historyEntry(header: XdrJson): { hash: string; header: XdrJson; ext: 'v0' } {
  return { hash: hashXdr('LedgerHeader', header), header, ext: 'v0' }
}

/** The classic phase, then the parallel one of contract calls. */
function transactionSet(applied: AppliedTransaction[], previousHash: string): XdrJson {
  const envelopes = (isSoroban: boolean) =>
    applied.filter(({ signed }) => signed.isSoroban === isSoroban).map(({ signed }) => signed.envelope)
  const [classic, calls] = [envelopes(false), envelopes(true)]
  return {
    v1: {
      previous_ledger_hash: previousHash,
      phases: [
        {
          v0: classic.length === 0 ? [] : [{ txset_comp_txs_maybe_discounted_fee: { base_fee: '100', txs: classic } }],
        },
        { v1: { base_fee: '100', execution_stages: calls.length === 0 ? [] : [[calls]] } },
      ],
    },
  }
}
