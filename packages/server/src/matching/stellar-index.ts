import {
  compileStellarMonitors,
  contractsNeeded,
  evaluateLedger,
  stellarExtensionsSchema,
  type JsonValue,
  type StellarExtensions,
} from '@smt/engine'
import type { FollowedNetwork } from '../networks/source-chain.ts'
import { isJsonObject } from '../tenants/json-object.ts'
import type { FamilyIndex } from './family-index.ts'

/** The monitors of a Stellar network. Specs on chain are fetched for the contracts of candidates alone. */
export function createStellarIndex({ slug, passphrase }: FollowedNetwork): FamilyIndex {
  const index = compileStellarMonitors({ slug, passphrase }, [])
  return {
    get size() {
      return index.size
    },
    set: ({ key, configuration, extensions }) => {
      index.set({ key, configuration, extensions: stellarExtensionsOf(extensions) })
    },
    remove: (key) => index.remove(key),
    evaluate: async (block, options) => {
      if (block.type !== 'Stellar') throw new Error(`a ${block.type} block came to the monitors of a Stellar network`)
      const needed = contractsNeeded(index, block.data)
      const { specs, unreadable } = await block.contractSpecs(needed, options)
      const { matches, failures, undecoded, upgrades } = evaluateLedger(index, block.data, { specs })
      const upgraded = [...new Set(upgrades.map(({ contractId }) => contractId))]
      block.forgetSpecs(upgraded)
      return {
        matches: matches.map(({ ledger: _, ...match }) => ({ ...match, withReceipt: false })),
        failures,
        body: block.data.ledger.json,
        undecoded: undecoded.length + unreadable.length,
        upgrades: upgraded,
      }
    },
  }
}

/** What a monitor's extensions say of Stellar. Throws when this version cannot read it. */
export function stellarExtensionsOf(extensions: JsonValue): StellarExtensions | undefined {
  const stellar = isJsonObject(extensions) ? extensions['stellar'] : undefined
  return stellar === undefined ? undefined : stellarExtensionsSchema.parse(stellar)
}
