import { accountOf, networkId } from './assets.ts'
import type { Keys } from './accounts.ts'
import type { SimulatedCall, SimulatedTransaction } from './operation.ts'
import { encodeXdr, hashXdr, type XdrJson } from './xdr.ts'

/** A transaction as it is sent: signed, with the hashes it is known by. */
export type SignedTransaction = {
  /** Of the fee bump when there is one. */
  hash: string
  innerHash: string
  envelope: XdrJson
  memo: XdrJson
  /** G… of who pays the fee, and what is offered for it, in stroops. */
  feeAccount: string
  fee: bigint
  isSoroban: boolean
}

const baseFee = 100n
const resourceFee = 50_000n

type Signing = { sequence: bigint; keys: Keys; passphrase: string }

/** Builds and signs the envelope; a fee bump is wrapped around it when asked for. */
export function signTransaction(request: SimulatedTransaction, signing: Signing): SignedTransaction {
  const { sequence, passphrase, keys } = signing
  const call = request.operations.find((operation) => operation.call !== undefined)?.call
  const memo = memoXdr(request.memo)
  const fee = baseFee * BigInt(request.operations.length) + (call === undefined ? 0n : resourceFee)
  const tx = {
    source_account: request.source,
    fee: Number(fee),
    seq_num: sequence.toString(),
    cond: { time: { min_time: '0', max_time: '0' } },
    memo,
    operations: request.operations.map(({ source, body }) => ({ source_account: source ?? null, body })),
    ext: call === undefined ? 'v0' : { v1: sorobanData(call) },
  }
  const innerHash = signatureHash({ tx }, passphrase)
  const signers = [
    request.source,
    ...request.operations.flatMap(({ source }) => (source === undefined ? [] : [source])),
  ]
  const inner = { tx, signatures: sign(signers, innerHash, keys) }
  const common = { innerHash, memo, isSoroban: call !== undefined }
  if (request.feeBump === undefined)
    return { ...common, hash: innerHash, envelope: { tx: inner }, feeAccount: accountOf(request.source), fee }
  const payer = request.feeBump.source
  const outer = { fee_source: payer, fee: (fee * 2n).toString(), inner_tx: { tx: inner }, ext: 'v0' }
  const hash = signatureHash({ tx_fee_bump: outer }, passphrase)
  return {
    ...common,
    hash,
    envelope: { tx_fee_bump: { tx: outer, signatures: sign([payer], hash, keys) } },
    feeAccount: accountOf(payer),
    fee: fee * 2n,
  }
}

function signatureHash(transaction: XdrJson, passphrase: string): string {
  return hashXdr('TransactionSignaturePayload', {
    network_id: networkId(passphrase),
    tagged_transaction: transaction,
  })
}

function sign(sources: string[], hash: string, keys: Keys): XdrJson[] {
  return [...new Set(sources.map(accountOf))].flatMap((account) => {
    const key = keys.find(account)
    if (key === undefined) return []
    return [{ hint: key.hint, signature: key.sign(hash) }]
  })
}

function memoXdr(memo: SimulatedTransaction['memo']): XdrJson {
  if (memo === undefined) return 'none'
  if (typeof memo === 'string') return { text: memo }
  return 'id' in memo ? { id: memo.id.toString() } : { hash: memo.hash }
}

function sorobanData(call: SimulatedCall): XdrJson {
  const instances = [...new Set(contractsOf(call))].map((contract) => ({
    contract_data: { contract, key: 'ledger_key_contract_instance', durability: 'persistent' },
  }))
  return {
    ext: 'v0',
    resources: {
      footprint: { read_only: instances, read_write: [] },
      instructions: 1_000_000,
      disk_read_bytes: 1_000,
      write_bytes: 500,
    },
    resource_fee: resourceFee.toString(),
  }
}

function contractsOf({ contractId, calls = [] }: SimulatedCall): string[] {
  return [contractId, ...calls.flatMap(contractsOf)]
}

/** What a node answers as `envelopeXdr`. */
export function envelopeBase64({ envelope }: SignedTransaction): string {
  return encodeXdr('TransactionEnvelope', envelope)
}
