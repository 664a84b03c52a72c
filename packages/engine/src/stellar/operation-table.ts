import type { JsonValue } from '../config/json.ts'
import { readTrustedAsset } from './asset.ts'
import {
  address,
  amount,
  asset,
  claimants,
  from,
  number,
  type OperationParameter,
  type OperationSource,
  optional,
  path,
  price,
  text,
} from './operation-parameter.ts'
import { baseAccountOf } from './strkey.ts'
import { armOf, integerOf, membersOf, textOf } from './xdr-json.ts'

/**
 * The types of operation by their names in XDR-JSON, and what an expression may name of each. Amounts are in stroops. What
 * moves money has `from`, `to`, `asset` and `amount` as far as its request says them: of a path payment the side that is
 * fixed.
 */
export const operationTable = {
  create_account: [
    from,
    address('destination', 'to'),
    address('destination'),
    native(),
    amount('starting_balance', 'amount'),
  ],
  payment: [from, address('destination', 'to'), address('destination'), asset('asset'), amount('amount')],
  path_payment_strict_receive: [
    from,
    address('destination', 'to'),
    address('destination'),
    asset('dest_asset', 'asset'),
    amount('dest_amount', 'amount'),
    asset('send_asset'),
    amount('send_max'),
    asset('dest_asset'),
    amount('dest_amount'),
    path,
  ],
  path_payment_strict_send: [
    from,
    address('destination', 'to'),
    address('destination'),
    asset('send_asset', 'asset'),
    amount('send_amount', 'amount'),
    asset('send_asset'),
    amount('send_amount'),
    asset('dest_asset'),
    amount('dest_min'),
    { name: 'dest_amount', kind: 'I64', read: readReceivedAmount },
    path,
  ],
  manage_sell_offer: [asset('selling'), asset('buying'), amount('amount'), ...price('price'), amount('offer_id')],
  manage_buy_offer: [
    asset('selling'),
    asset('buying'),
    amount('buy_amount', 'amount'),
    ...price('price'),
    amount('offer_id'),
  ],
  create_passive_sell_offer: [asset('selling'), asset('buying'), amount('amount'), ...price('price')],
  set_options: [
    address('inflation_dest'),
    number('clear_flags'),
    number('set_flags'),
    number('master_weight'),
    number('low_threshold'),
    number('med_threshold'),
    number('high_threshold'),
    text('home_domain'),
    {
      name: 'signer_key',
      kind: 'String',
      read: ({ body }) => optional(body.signer, (json) => textOf(membersOf(json).key)),
    },
    {
      name: 'signer_weight',
      kind: 'U32',
      read: ({ body }) => optional(body.signer, (json) => integerOf(membersOf(json).weight)),
    },
  ],
  change_trust: [
    { name: 'asset', kind: 'String', read: ({ body }) => readTrustedAsset(body.line).asset },
    { name: 'liquidity_pool_id', kind: 'String', read: ({ body }) => readTrustedAsset(body.line).pool },
    amount('limit'),
  ],
  allow_trust: [
    address('trustor'),
    { name: 'asset', kind: 'String', read: ({ body, source }) => `${textOf(body.asset)}:${baseAccountOf(source)}` },
    number('authorize'),
  ],
  account_merge: [
    from,
    { name: 'to', kind: 'Address', read: ({ body }) => textOf(body.value) },
    { name: 'destination', kind: 'Address', read: ({ body }) => textOf(body.value) },
    native(),
    { name: 'amount', kind: 'I64', read: ({ result }) => optional(result, integerOf) },
  ],
  inflation: [],
  manage_data: [
    text('data_name'),
    { name: 'data_value', kind: 'Bytes', read: ({ body }) => optional(body.data_value, textOf) },
  ],
  bump_sequence: [amount('bump_to')],
  create_claimable_balance: [
    from,
    asset('asset'),
    amount('amount'),
    claimants,
    { name: 'balance_id', kind: 'String', read: ({ result }) => optional(result, textOf) },
  ],
  claim_claimable_balance: [text('balance_id')],
  begin_sponsoring_future_reserves: [address('sponsored_id')],
  end_sponsoring_future_reserves: [],
  revoke_sponsorship: [
    { name: 'entry_type', kind: 'String', read: ({ body }) => readSponsored(body).type },
    { name: 'account', kind: 'Address', read: ({ body }) => readSponsored(body).account },
  ],
  clawback: [address('from'), asset('asset'), amount('amount')],
  clawback_claimable_balance: [text('balance_id')],
  set_trust_line_flags: [address('trustor'), asset('asset'), number('set_flags'), number('clear_flags')],
  liquidity_pool_deposit: [
    text('liquidity_pool_id'),
    amount('max_amount_a'),
    amount('max_amount_b'),
    ...price('min_price'),
    ...price('max_price'),
  ],
  liquidity_pool_withdraw: [
    text('liquidity_pool_id'),
    amount('amount'),
    amount('min_amount_a'),
    amount('min_amount_b'),
  ],
  invoke_host_function: [
    { name: 'host_function', kind: 'String', read: ({ body }) => armOf(body.host_function).name },
    { name: 'contract', kind: 'Address', read: ({ body }) => optional(readInvoked(body)?.contract_address, textOf) },
    { name: 'function_name', kind: 'String', read: ({ body }) => optional(readInvoked(body)?.function_name, textOf) },
  ],
  extend_footprint_ttl: [number('extend_to')],
  restore_footprint: [],
} as const satisfies Record<string, readonly OperationParameter[]>

function native(): OperationParameter {
  return { name: 'asset', kind: 'String', read: () => 'native' }
}

function readReceivedAmount({ result }: OperationSource): string | undefined {
  return optional(result, (success) => integerOf(membersOf(membersOf(success).last).amount))
}

function readInvoked({ host_function: called }: OperationSource['body']): { [key: string]: JsonValue } | undefined {
  const { name, value } = armOf(called)
  return name === 'invoke_contract' ? membersOf(value) : undefined
}

/** A ledger entry by the name of its type, or `signer`, and the account it belongs to. */
function readSponsored(body: OperationSource['body']): { type: string; account: string | undefined } {
  const { ledger_entry: entry, signer } = body
  if (signer !== undefined) return { type: 'signer', account: textOf(membersOf(signer).account_id) }
  const { name, value } = armOf(entry)
  const { account_id: account, seller_id: seller } = membersOf(value)
  return { type: name, account: optional(account ?? seller, textOf) }
}
