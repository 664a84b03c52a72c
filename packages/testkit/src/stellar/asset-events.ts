import { accountOf, issuerOf, muxedIdOf } from './assets.ts'
import type { OperationContext, SimulatedEvent } from './operation.ts'
import { scVal } from './values.ts'
import type { XdrJson } from './xdr.ts'

type Movement = { asset: string; from: string; to: string; amount: bigint }

/**
 * What a movement of an asset emits (CAP-67): `mint` from the issuer, `burn` to it, `transfer` between others. The data
 * is a map when the receiver is muxed or the transaction has a memo.
 */
export function movementEvent(movement: Movement, context: OperationContext): SimulatedEvent {
  const { asset, amount } = movement
  const issuer = issuerOf(asset)
  const [from, to] = [accountOf(movement.from), accountOf(movement.to)]
  const name = from === issuer ? 'mint' : to === issuer ? 'burn' : 'transfer'
  const parties = name === 'mint' ? [to] : name === 'burn' ? [from] : [from, to]
  const muxedId = name === 'burn' ? undefined : receiverId(movement.to, context.memo)
  return {
    contractId: context.assetContract(asset),
    topics: [scVal.symbol(name), ...parties.map(scVal.address), scVal.string(asset)],
    data: muxedId === undefined ? scVal.i128(amount) : scVal.map({ amount: scVal.i128(amount), to_muxed_id: muxedId }),
  }
}

export function clawbackEvent(
  { asset, from, amount }: { asset: string; from: string; amount: bigint },
  context: OperationContext,
): SimulatedEvent {
  return {
    contractId: context.assetContract(asset),
    topics: [scVal.symbol('clawback'), scVal.address(accountOf(from)), scVal.string(asset)],
    data: scVal.i128(amount),
  }
}

/** Fees are events of the contract of lumens; a refund is negative. */
export function feeEvent(payer: string, amount: bigint, nativeContract: string): SimulatedEvent {
  return {
    contractId: nativeContract,
    topics: [scVal.symbol('fee'), scVal.address(accountOf(payer))],
    data: scVal.i128(amount),
  }
}

function receiverId(to: string, memo: XdrJson): XdrJson | undefined {
  const id = muxedIdOf(to)
  if (id !== undefined) return { u64: id }
  if (typeof memo !== 'object' || memo === null || Array.isArray(memo)) return undefined
  if (typeof memo['id'] === 'string') return { u64: memo['id'] }
  if (typeof memo['text'] === 'string') return { string: memo['text'] }
  if (typeof memo['hash'] === 'string') return { bytes: memo['hash'] }
  return undefined
}
