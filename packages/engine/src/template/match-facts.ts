import { JsonNumber, type JsonValue } from '../config/json.ts'
import type { JsonObject } from '../evm/json-object.ts'
import type { EvmMatchObject, MatchObject } from '../matching/assemble-match.ts'

/** What is known of a match besides its object. What is left out has no variable, and its placeholder stays. */
export type MatchFacts = {
  severity?: string
  blockNumber?: bigint
  blockTime?: Date
  /** Also when the match object does not show it. */
  receipt?: JsonObject | null
  /** Where people look at transactions of the network. */
  explorerUrl?: string | null
}

/**
 * The variables that OZ Monitor does not have: `network.slug`, `block.number`, `block.time` (ISO 8601, UTC),
 * `transaction.status` (`Success` or `Failure`), `transaction.gas_used` (EVM, when the receipt was fetched),
 * `contract.address`, `severity` and `explorer.link` (`<explorer_url>/tx/<hash>`).
 */
export function addFacts(variables: Map<string, string>, match: MatchObject, facts: MatchFacts): void {
  const { severity, blockNumber, blockTime, receipt, explorerUrl } = facts
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) variables.set(name, value)
  }
  set('network.slug', ('EVM' in match ? match.EVM : match.Stellar).network_slug)
  set('block.number', blockNumber?.toString())
  set('block.time', blockTime?.toISOString())
  set('transaction.status', statusOf(match, receipt ?? null))
  set('transaction.gas_used', quantityOf(receipt?.gasUsed))
  set('contract.address', contractOf(match))
  set('severity', severity)
  set('explorer.link', linkTo(explorerUrl, variables.get('transaction.hash')))
}

function statusOf(match: MatchObject, receipt: JsonObject | null): string | undefined {
  const { matched_on } = 'EVM' in match ? match.EVM : match.Stellar
  const known = matched_on.transactions[0]?.status
  if (known === 'Success' || known === 'Failure') return known
  if ('Stellar' in match) {
    const { status } = match.Stellar.transaction
    return typeof status === 'string' ? (status === 'SUCCESS' ? 'Success' : 'Failure') : undefined
  }
  const status = quantityOf(receipt?.status)
  return receipt === null ? undefined : status === '1' ? 'Success' : 'Failure'
}

/** The contract of the first thing that matched; else the only one that the monitor watches. */
function contractOf(match: MatchObject): string | undefined {
  if ('EVM' in match) {
    const emitter = emitterOf(match)
    if (emitter !== undefined) return emitter
    const { to } = match.EVM.transaction
    if (match.EVM.matched_on.functions.length > 0 && typeof to === 'string') return to
  }
  const { addresses } = ('EVM' in match ? match.EVM : match.Stellar).monitor
  const [only, ...others] = Array.isArray(addresses) ? addresses : []
  return others.length === 0 ? textIn(only, 'address') : undefined
}

/** Who emitted the first matched event: the first log of that event at a watched address. */
function emitterOf({ EVM: match }: EvmMatchObject): string | undefined {
  const topic = match.matched_on_args.events?.[0]?.hex_signature
  if (topic === undefined) return undefined
  const { addresses } = match.monitor
  const watched = new Set(Array.isArray(addresses) ? addresses.map((one) => textIn(one, 'address')?.toLowerCase()) : [])
  const emitters = match.logs
    .filter(({ topics }) => Array.isArray(topics) && topics[0] === topic)
    .map(({ address }) => (typeof address === 'string' ? address : undefined))
  return emitters.find((address) => watched.has(address?.toLowerCase()))
}

/** Only letters and digits of a hash become part of an address. */
function linkTo(explorerUrl: string | null | undefined, hash: string | undefined): string | undefined {
  if (explorerUrl == null || hash === undefined || !/^[0-9A-Za-z]+$/.test(hash)) return undefined
  return `${explorerUrl.replace(/\/+$/, '')}/tx/${hash}`
}

function quantityOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value) ? BigInt(value).toString() : undefined
}

function textIn(value: JsonValue | undefined, key: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof JsonNumber)
    return undefined
  const text = value[key]
  return typeof text === 'string' ? text : undefined
}
