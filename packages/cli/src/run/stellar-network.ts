import type { StellarChain } from '@smt/chains'
import {
  assembleMatch,
  compileStellarMonitors,
  contractsNeeded,
  evaluateLedger,
  explainLedgerMatch,
  type LedgerData,
  type LedgerExplanation,
  type NetworkConfig,
  type StellarIndex,
  type StellarSpec,
  XdrError,
} from '@smt/engine'
import {
  type AskedTransaction,
  type Evaluation,
  type NetworkDeps,
  type NetworkResult,
  shownMonitors,
} from './network.ts'
import { openStellarChain } from './open-chain.ts'

/** Fetches one ledger and evaluates it. Throws RpcError; never turns a failure into no match. */
export async function evaluateStellar(
  deps: NetworkDeps,
  { network, monitors, block: wanted }: Evaluation,
): Promise<NetworkResult> {
  const { signal } = deps
  const chain = openStellarChain(deps, network)
  const index = compileStellarMonitors(
    { slug: network.slug, passphrase: passphraseOf(network) },
    monitors.map(({ file, config, extensions }) => ({ key: file, configuration: config, extensions })),
  )
  const number = wanted ?? (await chain.head({ signal }))
  const data = await chain.block(number, { signal })
  const specs = await specsFor(chain, { index, data, signal })
  const result = evaluateLedger(index, data, { specs })
  return {
    block: number,
    // Monitor by monitor, as the original prints them (spec/05 §10.4).
    matches: [...shownMonitors(monitors)].flatMap(([file, monitor]) =>
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

/** Why a monitor matches a transaction of a ledger or does not. Throws RpcError. */
export async function explainStellar(
  deps: NetworkDeps,
  { network, monitor, txHash }: AskedTransaction,
): Promise<LedgerExplanation> {
  const { signal } = deps
  const chain = openStellarChain(deps, network)
  const passphrase = passphraseOf(network)
  const { ledger } = await chain.locate(txHash, { signal })
  const data = await chain.block(ledger, { signal })
  const { file: key, config: configuration, extensions } = monitor
  const index = compileStellarMonitors({ slug: network.slug, passphrase }, [{ key, configuration, extensions }])
  const specs = await specsFor(chain, { index, data, signal })
  return explainLedgerMatch({ configuration, extensions, passphrase, data, txHash, facts: { specs } })
}

function passphraseOf({ network_passphrase: passphrase }: NetworkConfig): string | undefined {
  return typeof passphrase === 'string' ? passphrase : undefined
}

async function specsFor(
  chain: Pick<StellarChain, 'contractSpec'>,
  { index, data, signal }: { index: StellarIndex; data: LedgerData; signal: AbortSignal },
): Promise<Map<string, StellarSpec | null>> {
  const specs = new Map<string, StellarSpec | null>()
  for (const contractId of contractsNeeded(index, data)) {
    specs.set(contractId, await readableSpec(chain.contractSpec(contractId, { signal })))
  }
  return specs
}

/** A spec that this version cannot read is none, as for OpenZeppelin Monitor: events are matched by position then. */
async function readableSpec(fetched: Promise<StellarSpec | null>): Promise<StellarSpec | null> {
  try {
    return await fetched
  } catch (error) {
    if (error instanceof XdrError) return null
    throw error
  }
}
