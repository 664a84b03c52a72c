import { StrKey } from '@stellar/stellar-base'
import { clawbackEvent, movementEvent } from './asset-events.ts'
import { assetXdr } from './assets.ts'
import type { SimulatedOperation } from './operation.ts'
import { sourced } from './payments.ts'
import { scVal } from './values.ts'

/** The issuer takes back what an account holds. */
export function clawback({
  from,
  holder,
  asset,
  amount,
}: {
  from?: string
  holder: string
  asset: string
  amount: bigint
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: { clawback: { asset: assetXdr(asset), from: holder, amount: amount.toString() } },
    success: () => ({ clawback: 'success' }),
    failure: { clawback: 'not_clawback_enabled' },
    classicEvents: (context) => [clawbackEvent({ asset, from: holder, amount }, context)],
  }
}

/** Flags are those of `AccountFlags`: 1 auth required, 2 revocable, 4 immutable, 8 clawback enabled. */
export function setOptions({
  from,
  setFlags,
  clearFlags,
  homeDomain,
  signer,
  masterWeight,
}: {
  from?: string
  setFlags?: number
  clearFlags?: number
  homeDomain?: string
  signer?: { key: string; weight: number }
  masterWeight?: number
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: {
      set_options: {
        inflation_dest: null,
        clear_flags: clearFlags ?? null,
        set_flags: setFlags ?? null,
        master_weight: masterWeight ?? null,
        low_threshold: null,
        med_threshold: null,
        high_threshold: null,
        home_domain: homeDomain ?? null,
        signer: signer ?? null,
      },
    },
    success: () => ({ set_options: 'success' }),
    failure: { set_options: 'cant_change' },
  }
}

/** The issuer allows an account to hold an asset, or no longer. */
export function authorizeTrustline({
  from,
  holder,
  asset,
  isAuthorized,
}: {
  from?: string
  holder: string
  asset: string
  isAuthorized: boolean
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: {
      set_trust_line_flags: {
        trustor: holder,
        asset: assetXdr(asset),
        clear_flags: isAuthorized ? 0 : 1,
        set_flags: isAuthorized ? 1 : 0,
      },
    },
    success: () => ({ set_trust_line_flags: 'success' }),
    failure: { set_trust_line_flags: 'no_trust_line' },
    classicEvents: (context) => [
      {
        contractId: context.assetContract(asset),
        topics: [scVal.symbol('set_authorized'), scVal.address(holder), scVal.string(asset)],
        data: scVal.bool(isAuthorized),
      },
    ],
  }
}

export function createClaimableBalance({
  from,
  asset,
  amount,
  claimants,
}: {
  from?: string
  asset: string
  amount: bigint
  claimants: string[]
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: {
      create_claimable_balance: {
        asset: assetXdr(asset),
        amount: amount.toString(),
        claimants: claimants.map((destination) => ({
          claimant_type_v0: { destination, predicate: 'unconditional' },
        })),
      },
    },
    success: (context) => ({ create_claimable_balance: { success: balanceAddress(context.balanceId()) } }),
    failure: { create_claimable_balance: 'underfunded' },
    classicEvents: (context) => [
      movementEvent(
        { asset, from: context.source, to: balanceAddress(context.balanceId()), amount },
        { ...context, memo: 'none' },
      ),
    ],
  }
}

/** `balance` is the B… of the result that made it. */
export function claimBalance({
  from,
  balance,
  asset,
  amount,
}: {
  from?: string
  balance: string
  asset: string
  amount: bigint
}): SimulatedOperation {
  return {
    ...sourced(from),
    body: { claim_claimable_balance: { balance_id: balance } },
    success: () => ({ claim_claimable_balance: 'success' }),
    failure: { claim_claimable_balance: 'does_not_exist' },
    classicEvents: (context) => [
      movementEvent({ asset, from: balance, to: context.account, amount }, { ...context, memo: 'none' }),
    ],
  }
}

export function manageData({ from, name, value }: { from?: string; name: string; value: string | null }) {
  return {
    ...sourced(from),
    body: {
      manage_data: { data_name: name, data_value: value === null ? null : Buffer.from(value).toString('hex') },
    },
    success: () => ({ manage_data: 'success' }),
    failure: { manage_data: 'name_not_found' },
  } satisfies SimulatedOperation
}

export function bumpSequence({ from, to }: { from?: string; to: bigint }): SimulatedOperation {
  return {
    ...sourced(from),
    body: { bump_sequence: { bump_to: to.toString() } },
    success: () => ({ bump_sequence: 'success' }),
    failure: { bump_sequence: 'bad_seq' },
  }
}

function balanceAddress(id: string): string {
  return StrKey.encodeClaimableBalance(Buffer.concat([Buffer.alloc(1), Buffer.from(id, 'hex')]))
}
