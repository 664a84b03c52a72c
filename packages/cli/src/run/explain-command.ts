import { RpcError } from '@smt/chains'
import {
  compileStellarMonitors,
  type Explanation,
  explainLedgerMatch,
  explainMatch,
  type LedgerExplanation,
  type MonitorConfig,
  type NetworkConfig,
  stringifyJson,
} from '@smt/engine'
import { CliError } from '../cli-error.ts'
import { createHttp } from '../http.ts'
import type { Surroundings } from '../surroundings.ts'
import { fetchSpecs } from './evaluate-stellar.ts'
import { textOfExplanation } from './explanation-text.ts'
import { assertUsable, loadConfiguration, type LoadOptions } from './load-configuration.ts'
import { textOfLedgerExplanation } from './ledger-explanation-text.ts'
import { type ChainDeps, nodeError, openEvmChain, openStellarChain } from './open-chain.ts'
import { selectEvaluations } from './select.ts'

export type ExplainCommandOptions = LoadOptions & { monitor: string; network: string; tx: string; json?: boolean }

/** `smt explain`: why a monitor matches a transaction or does not. Resolves with the exit code: 0 either way. */
export async function runExplain(surroundings: Surroundings, options: ExplainCommandOptions): Promise<number> {
  const { out, signal } = surroundings
  const { checked, monitor } = await loadConfiguration(surroundings, options)
  const [selection] = selectEvaluations(checked, { network: options.network, monitor })
  const network = selection?.network
  if (network?.resolved === undefined || monitor?.written === undefined) {
    throw new Error('a configuration without problems has a network and a monitor')
  }
  assertUsable(network)
  const http = createHttp()
  try {
    const deps = { http, signal, now: () => performance.now() }
    const asked = { network: network.resolved, monitor: monitor.written, txHash: bareHash(options.tx) }
    const { explanation, text } = await explain(deps, asked)
    out(options.json === true ? `${stringifyJson(explanation)}\n` : text)
  } finally {
    await http.close()
  }
  return 0
}

type Asked = { network: NetworkConfig; monitor: MonitorConfig; txHash: string }

type ExplainDeps = ChainDeps & { signal: AbortSignal }

async function explain(deps: ExplainDeps, asked: Asked): Promise<{ explanation: Explained; text: string }> {
  const { network, txHash } = asked
  try {
    if (network.network_type === 'Stellar') {
      const explanation = await explainOnLedger(deps, asked)
      return { explanation, text: textOfLedgerExplanation(explanation) }
    }
    const explanation = await explainOnBlock(deps, { ...asked, txHash: `0x${txHash}` })
    return { explanation, text: textOfExplanation(explanation) }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const isMissing = error.code === 'null_result'
    throw nodeError(error, network, isMissing ? `there is no mined transaction ${txHash}` : error.message)
  }
}

type Explained = Explanation | LedgerExplanation

async function explainOnBlock(deps: ExplainDeps, { network, monitor, txHash }: Asked): Promise<Explanation> {
  const { signal } = deps
  const chain = openEvmChain(deps, network)
  const { receipt, blockNumber } = await chain.locate(txHash, { signal })
  const data = await chain.block(blockNumber, { signal })
  if (receipt.blockHash !== null && receipt.blockHash !== data.block.hash) {
    throw new CliError(`${network.slug}: the chain was reorganised meanwhile; try again.`, { exitCode: 1 })
  }
  return explainMatch({ configuration: monitor, data, txHash, receipt })
}

async function explainOnLedger(deps: ExplainDeps, { network, monitor, txHash }: Asked): Promise<LedgerExplanation> {
  const { signal } = deps
  const passphrase = network.network_passphrase ?? undefined
  const chain = openStellarChain(deps, network)
  const { ledger } = await chain.locate(txHash, { signal })
  const data = await chain.block(ledger, { signal })
  const index = compileStellarMonitors({ slug: network.slug, passphrase }, [{ key: '', configuration: monitor }])
  const facts = await fetchSpecs({ chain, signal }, index, data)
  return explainLedgerMatch({ configuration: monitor, passphrase, data, txHash, facts })
}

function bareHash(text: string): string {
  return text.toLowerCase().replace(/^0x/, '')
}
