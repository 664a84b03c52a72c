import { accountOf, muxedIdOf } from './assets.ts'
import { callContract } from './contract-calls.ts'
import { specEvent, specFunction } from './contract-spec.ts'
import type { SimulatedOperation } from './operation.ts'
import { scVal } from './values.ts'
import type { XdrJson } from './xdr.ts'

/** A token contract: one that was deployed, or the contract of an asset, whose events end with the asset's name. */
export type TokenReference = { contractId: string; asset?: string }

type Call = TokenReference & { amount: bigint; caller?: string }

/** The spec of a SEP-41 token, with its events. */
export const tokenSpec: XdrJson[] = [
  specFunction('transfer', { from: 'address', to: 'muxed_address', amount: 'i128' }),
  specFunction('mint', { to: 'address', amount: 'i128' }),
  specFunction('burn', { from: 'address', amount: 'i128' }),
  specFunction('balance', { id: 'address' }, 'i128'),
  specFunction('upgrade', { new_wasm_hash: { bytes_n: { n: 32 } } }),
  specEvent({
    name: 'Transfer',
    prefix: ['transfer'],
    topics: { from: 'address', to: 'address' },
    data: { amount: 'i128' },
    format: 'single_value',
  }),
  specEvent({
    name: 'Mint',
    prefix: ['mint'],
    topics: { to: 'address' },
    data: { amount: 'i128' },
    format: 'single_value',
  }),
  specEvent({
    name: 'Burn',
    prefix: ['burn'],
    topics: { from: 'address' },
    data: { amount: 'i128' },
    format: 'single_value',
  }),
]

/** `to` may be M…: then the event's data is a map with the id (SEP-41). */
export function tokenTransfer({
  from,
  to,
  amount,
  caller,
  ...token
}: Call & { from: string; to: string }): SimulatedOperation {
  const id = muxedIdOf(to)
  return tokenCall(token, {
    name: 'transfer',
    args: [scVal.address(from), scVal.address(to), scVal.i128(amount)],
    parties: [from, accountOf(to)],
    data: id === undefined ? scVal.i128(amount) : scVal.map({ amount: scVal.i128(amount), to_muxed_id: { u64: id } }),
    caller,
  })
}

export function tokenMint({ to, amount, caller, ...token }: Call & { to: string }): SimulatedOperation {
  return tokenCall(token, {
    name: 'mint',
    args: [scVal.address(to), scVal.i128(amount)],
    parties: [to],
    data: scVal.i128(amount),
    caller,
  })
}

export function tokenBurn({ from, amount, caller, ...token }: Call & { from: string }): SimulatedOperation {
  return tokenCall(token, {
    name: 'burn',
    args: [scVal.address(from), scVal.i128(amount)],
    parties: [from],
    data: scVal.i128(amount),
    caller,
  })
}

type TokenCall = { name: string; args: XdrJson[]; parties: string[]; data: XdrJson; caller: string | undefined }

function tokenCall({ contractId, asset }: TokenReference, { name, args, parties, data, caller }: TokenCall) {
  const topics = [
    scVal.symbol(name),
    ...parties.map(scVal.address),
    ...(asset === undefined ? [] : [scVal.string(asset)]),
  ]
  return callContract(
    { contractId, functionName: name, args, events: [{ contractId, topics, data }] },
    caller === undefined ? {} : { from: caller },
  )
}
