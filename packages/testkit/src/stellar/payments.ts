import { movementEvent } from './asset-events.ts'
import { accountOf, assetXdr } from './assets.ts'
import type { OperationContext, SimulatedOperation } from './operation.ts'
import type { XdrJson } from './xdr.ts'

/** `from` is the operation's own source; amounts are in stroops; assets are `native` or `CODE:ISSUER`. */
export function payment({
  from,
  to,
  asset,
  amount,
}: {
  from?: string
  to: string
  asset: string
  amount: bigint
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: { payment: { destination: to, asset: assetXdr(asset), amount: amount.toString() } },
    success: () => ({ payment: 'success' }),
    failure: { payment: 'underfunded' },
    classicEvents: (context) => [movementEvent({ asset, from: context.source, to, amount }, context)],
    nativeChanges: (context) => (asset === 'native' ? move(context.account, to, amount) : []),
  }
}

export function createAccount({
  from,
  to,
  startingBalance,
}: {
  from?: string
  to: string
  startingBalance: bigint
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: { create_account: { destination: to, starting_balance: startingBalance.toString() } },
    success: () => ({ create_account: 'success' }),
    failure: { create_account: 'already_exist' },
    classicEvents: (context) => [
      movementEvent(
        { asset: 'native', from: context.source, to, amount: startingBalance },
        { ...context, memo: 'none' },
      ),
    ],
    nativeChanges: (context) => move(context.account, to, startingBalance),
  }
}

/** All lumens of the source go to another account, and the source is no more. */
export function mergeAccount({ from, to }: { from?: string; to: string }): SimulatedOperation {
  const balance = (context: OperationContext) => context.nativeBalance(context.account)
  return {
    ...sourced(from),
    body: { account_merge: to },
    success: (context) => ({ account_merge: { success: balance(context).toString() } }),
    failure: { account_merge: 'has_sub_entries' },
    classicEvents: (context) => [
      movementEvent({ asset: 'native', from: context.source, to, amount: balance(context) }, context),
    ],
    nativeChanges: (context) => move(context.account, to, balance(context)),
  }
}

/** A payment that changes its asset on the way, by the offer of one seller. */
type PathPayment = {
  from?: string
  to: string
  sendAsset: string
  destAsset: string
  /** What leaves the source and what arrives, in stroops. */
  sendAmount: bigint
  destAmount: bigint
  path?: string[]
  seller: string
}

export function pathPaymentStrictSend(given: PathPayment & { destMin?: bigint }): SimulatedOperation {
  return {
    ...pathPayment('path_payment_strict_send', given),
    body: {
      path_payment_strict_send: {
        ...commonPath(given),
        send_amount: given.sendAmount.toString(),
        dest_min: (given.destMin ?? given.destAmount).toString(),
      },
    },
  }
}

export function pathPaymentStrictReceive(given: PathPayment & { sendMax?: bigint }): SimulatedOperation {
  return {
    ...pathPayment('path_payment_strict_receive', given),
    body: {
      path_payment_strict_receive: {
        ...commonPath(given),
        send_max: (given.sendMax ?? given.sendAmount).toString(),
        dest_amount: given.destAmount.toString(),
      },
    },
  }
}

function commonPath({ to, sendAsset, destAsset, path = [] }: PathPayment) {
  return {
    send_asset: assetXdr(sendAsset),
    destination: to,
    dest_asset: assetXdr(destAsset),
    path: path.map(assetXdr),
  }
}

function pathPayment(kind: string, given: PathPayment): Omit<SimulatedOperation, 'body'> {
  const { from, to, sendAsset, destAsset, sendAmount, destAmount, seller } = given
  return {
    ...sourced(from),
    success: (context) => ({
      [kind]: {
        success: {
          offers: [
            claim({
              seller,
              offerId: context.nextOfferId(),
              sold: [destAsset, destAmount],
              bought: [sendAsset, sendAmount],
            }),
          ],
          last: { destination: accountOf(to), asset: assetXdr(destAsset), amount: destAmount.toString() },
        },
      },
    }),
    failure: { [kind]: kind === 'path_payment_strict_send' ? 'under_destmin' : 'over_sendmax' },
    classicEvents: (context) => [
      movementEvent(
        { asset: sendAsset, from: context.source, to: seller, amount: sendAmount },
        { ...context, memo: 'none' },
      ),
      movementEvent({ asset: destAsset, from: seller, to, amount: destAmount }, context),
    ],
    nativeChanges: (context) => [
      ...(sendAsset === 'native' ? move(context.account, seller, sendAmount) : []),
      ...(destAsset === 'native' ? move(seller, to, destAmount) : []),
    ],
  }
}

type Claim = { seller: string; offerId: string; sold: [string, bigint]; bought: [string, bigint] }

/** What was taken from an offer of the order book. */
export function claim({ seller, offerId, sold, bought }: Claim): XdrJson {
  return {
    order_book: {
      seller_id: seller,
      offer_id: offerId,
      asset_sold: assetXdr(sold[0]),
      amount_sold: sold[1].toString(),
      asset_bought: assetXdr(bought[0]),
      amount_bought: bought[1].toString(),
    },
  }
}

export function sourced(from: string | undefined): { source?: string } {
  return from === undefined ? {} : { source: from }
}

function move(from: string, to: string, amount: bigint): { account: string; amount: bigint }[] {
  return [
    { account: from, amount: -amount },
    { account: accountOf(to), amount },
  ]
}
