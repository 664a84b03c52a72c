import { StrKey } from '@stellar/stellar-base'
import { movementEvent } from './asset-events.ts'
import { assetXdr } from './assets.ts'
import type { OperationContext, SimulatedOperation } from './operation.ts'
import { claim, sourced } from './payments.ts'
import type { XdrJson } from './xdr.ts'

type Price = { n: number; d: number }

/** Present when the offer finds a counterpart at once: who gave how much of what is bought. */
type Taken = { seller: string; amount: bigint; paid: bigint }

type Offer = {
  from?: string
  selling: string
  buying: string
  amount: bigint
  price: Price
  offerId?: bigint
  taken?: Taken
}

export function manageSellOffer(offer: Offer): SimulatedOperation {
  const { amount, offerId = 0n } = offer
  return {
    ...offerOutcome('manage_sell_offer', offer),
    body: { manage_sell_offer: { ...terms(offer), amount: amount.toString(), offer_id: offerId.toString() } },
  }
}

export function manageBuyOffer(offer: Offer): SimulatedOperation {
  const { amount, offerId = 0n } = offer
  return {
    ...offerOutcome('manage_buy_offer', offer),
    body: { manage_buy_offer: { ...terms(offer), buy_amount: amount.toString(), offer_id: offerId.toString() } },
  }
}

export function createPassiveSellOffer(offer: Omit<Offer, 'offerId'>): SimulatedOperation {
  return {
    ...offerOutcome('create_passive_sell_offer', offer),
    body: { create_passive_sell_offer: { ...terms(offer), amount: offer.amount.toString() } },
  }
}

function terms({ selling, buying, price }: Offer) {
  return { selling: assetXdr(selling), buying: assetXdr(buying), price }
}

function offerOutcome(kind: string, offer: Offer): Omit<SimulatedOperation, 'body'> {
  const { from, selling, buying, amount, taken } = offer
  const claims = (context: OperationContext): XdrJson[] =>
    taken === undefined
      ? []
      : [
          claim({
            seller: taken.seller,
            offerId: context.nextOfferId(),
            sold: [buying, taken.amount],
            bought: [selling, taken.paid],
          }),
        ]
  return {
    ...sourced(from),
    success: (context) => ({
      [kind]: {
        success: {
          offers_claimed: claims(context),
          offer:
            amount === 0n || taken !== undefined
              ? 'deleted'
              : {
                  created: {
                    seller_id: context.account,
                    offer_id: context.nextOfferId(),
                    ...terms(offer),
                    amount: amount.toString(),
                    flags: 0,
                    ext: 'v0',
                  },
                },
        },
      },
    }),
    failure: { [kind]: 'underfunded' },
    classicEvents: (context) =>
      taken === undefined
        ? []
        : [
            movementEvent(
              { asset: selling, from: context.source, to: taken.seller, amount: taken.paid },
              { ...context, memo: 'none' },
            ),
            movementEvent(
              { asset: buying, from: taken.seller, to: context.account, amount: taken.amount },
              { ...context, memo: 'none' },
            ),
          ],
  }
}

/** `limit` 0 removes the trustline. */
export function changeTrust({
  from,
  asset,
  limit = 9_223_372_036_854_775_807n,
}: {
  from?: string
  asset: string
  limit?: bigint
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: { change_trust: { line: assetXdr(asset), limit: limit.toString() } },
    success: () => ({ change_trust: 'success' }),
    failure: { change_trust: 'no_issuer' },
  }
}

/** `poolId` is 64 hex characters; each asset with its amount in stroops. */
type Pool = { from?: string; poolId: string; a: [string, bigint]; b: [string, bigint] }

export function depositToPool({ from, poolId, a, b }: Pool): SimulatedOperation {
  const pool = StrKey.encodeLiquidityPool(Buffer.from(poolId, 'hex'))
  return {
    ...sourced(from),
    body: {
      liquidity_pool_deposit: {
        liquidity_pool_id: pool,
        max_amount_a: a[1].toString(),
        max_amount_b: b[1].toString(),
        min_price: { n: 1, d: 100 },
        max_price: { n: 100, d: 1 },
      },
    },
    success: () => ({ liquidity_pool_deposit: 'success' }),
    failure: { liquidity_pool_deposit: 'underfunded' },
    classicEvents: (context) =>
      [a, b].map(([asset, amount]) =>
        movementEvent({ asset, from: context.source, to: pool, amount }, { ...context, memo: 'none' }),
      ),
  }
}

export function withdrawFromPool({ from, poolId, a, b, shares }: Pool & { shares: bigint }): SimulatedOperation {
  const pool = StrKey.encodeLiquidityPool(Buffer.from(poolId, 'hex'))
  return {
    ...sourced(from),
    body: {
      liquidity_pool_withdraw: {
        liquidity_pool_id: pool,
        amount: shares.toString(),
        min_amount_a: a[1].toString(),
        min_amount_b: b[1].toString(),
      },
    },
    success: () => ({ liquidity_pool_withdraw: 'success' }),
    failure: { liquidity_pool_withdraw: 'under_minimum' },
    classicEvents: (context) =>
      [a, b].map(([asset, amount]) =>
        movementEvent({ asset, from: pool, to: context.account, amount }, { ...context, memo: 'none' }),
      ),
  }
}
