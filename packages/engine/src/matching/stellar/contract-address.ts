import type { MonitorConfig } from '../../config/monitor.ts'
import type { ContractSpec } from '../../config/contract-spec.ts'
import type { StellarSpec } from '../../config/stellar-spec.ts'
import { removeWhitespace } from '../../expression/whitespace.ts'
import { assetContractId, parseAsset } from '../../stellar/asset.ts'
import { isAbsent } from '../condition.ts'

/** Where the spec of a watched contract comes from: the monitor itself, the chain, or nowhere. */
export type SpecOrigin = StellarSpec | 'chain' | 'none'

/** Addresses are compared as text after this, valid or not (spec/05 §13). */
export function normaliseContract(address: string): string {
  return removeWhitespace(address).toLowerCase()
}

/**
 * By normalised address, where its spec comes from: the first Stellar spec that the monitor gives it, else the chain. An
 * entry whose spec is for another chain, which an empty list counts as, wants none (spec/05 §1.6). An asset (`CODE:ISSUER`
 * or `native`) stands for its contract as well, which OZ Monitor does not know.
 */
export function contractOrigins(
  entries: MonitorConfig['addresses'],
  passphrase: string | undefined,
): ReadonlyMap<string, SpecOrigin> {
  const origins = new Map<string, SpecOrigin>()
  const add = (address: string, origin: SpecOrigin): void => {
    const known = origins.get(address)
    if (known === undefined || known === 'none' || (known === 'chain' && origin !== 'none'))
      origins.set(address, origin)
  }
  for (const { address, contract_spec: spec } of entries) {
    const origin = originOf(spec)
    add(normaliseContract(address), origin)
    const contract = contractOfAsset(address, passphrase)
    if (contract !== undefined) add(normaliseContract(contract), origin)
  }
  return origins
}

/** The contract of an asset on this network; undefined when the text names no asset. */
export function contractOfAsset(address: string, passphrase: string | undefined): string | undefined {
  const asset = parseAsset(removeWhitespace(address))
  return asset === undefined || passphrase === undefined ? undefined : assetContractId(asset, passphrase)
}

function originOf(spec: ContractSpec | null | undefined): SpecOrigin {
  if (isAbsent(spec)) return 'chain'
  return isStellarSpec(spec) ? spec : 'none'
}

/** Each entry of a Stellar spec has one key that names its kind; an ABI item has a type instead. */
export function isStellarSpec(spec: ContractSpec): spec is StellarSpec {
  return Array.isArray(spec) && spec.length > 0 && spec.every((entry) => !('type' in entry))
}
