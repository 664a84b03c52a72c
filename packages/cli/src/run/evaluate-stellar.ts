import type { StellarChain } from '@smt/chains'
import {
  assembleMatch,
  compileStellarMonitors,
  contractsNeeded,
  evaluateLedger,
  type LedgerData,
  type LedgerFacts,
  type StellarIndex,
  type StellarSpec,
  XdrError,
} from '@smt/engine'
import type { EvaluateFamily } from './evaluate-network.ts'
import { openStellarChain } from './open-chain.ts'

/** One ledger of a Stellar network, with the specs on chain of candidates. Matches are monitor by monitor (spec/05 §10.4). */
export const evaluateStellar: EvaluateFamily = async ({ http, signal, now }, { network, monitors, block: wanted }) => {
  const chain = openStellarChain({ http, now }, network)
  const index = compileStellarMonitors(
    { slug: network.slug, passphrase: network.network_passphrase ?? undefined },
    monitors.map(({ file, config }) => ({ key: file, configuration: config })),
  )
  const number = wanted ?? (await chain.head({ signal }))
  const data = await chain.block(number, { signal })
  const result = evaluateLedger(index, data, await fetchSpecs({ chain, signal }, index, data))
  return {
    block: number,
    matches: monitors.flatMap(({ file, config: monitor }) =>
      result.matches
        .filter(({ key }) => key === file)
        .map(({ item, ledger, matchedOn, matchedOnArgs, positions }) => {
          const parts = { item, ledger, matchedOn, matchedOnArgs, positions }
          return assembleMatch({ chain: 'Stellar', monitor, networkSlug: network.slug, ...parts })
        }),
    ),
    failures: result.failures.map(({ key, error }) => ({ file: key, error })),
  }
}

/** The specs on chain of the contracts that evaluating will ask for. */
export async function fetchSpecs(
  { chain, signal }: { chain: StellarChain; signal: AbortSignal },
  index: StellarIndex,
  data: LedgerData,
): Promise<LedgerFacts> {
  const specs = new Map<string, StellarSpec | null>()
  for (const contractId of contractsNeeded(index, data)) {
    specs.set(contractId, await specOf(chain.contractSpec(contractId, { signal })))
  }
  return { specs }
}

/** A spec that this version cannot read is none, as for OpenZeppelin Monitor: its events are matched by position. */
async function specOf(fetched: Promise<StellarSpec | null>): Promise<StellarSpec | null> {
  try {
    return await fetched
  } catch (error) {
    if (error instanceof XdrError) return null
    throw error
  }
}
