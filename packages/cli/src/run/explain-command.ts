import { RpcError } from '@smt/chains'
import { type Explanation, explainMatch, type MonitorConfig, type NetworkConfig, stringifyJson } from '@smt/engine'
import { CliError } from '../cli-error.ts'
import { createHttp } from '../http.ts'
import type { Surroundings } from '../surroundings.ts'
import { textOfExplanation } from './explanation-text.ts'
import { assertUsable, loadConfiguration, type LoadOptions } from './load-configuration.ts'
import { type ChainDeps, nodeError, openChain } from './open-chain.ts'
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
    const explanation = await explain(deps, {
      network: network.resolved,
      monitor: monitor.written,
      txHash: options.tx.toLowerCase(),
    })
    out(options.json === true ? `${stringifyJson(explanation)}\n` : textOfExplanation(explanation))
  } finally {
    await http.close()
  }
  return 0
}

type Asked = { network: NetworkConfig; monitor: MonitorConfig; txHash: string }

async function explain(
  deps: ChainDeps & { signal: AbortSignal },
  { network, monitor, txHash }: Asked,
): Promise<Explanation> {
  const { signal } = deps
  const chain = openChain(deps, network)
  try {
    const { receipt, blockNumber } = await chain.locate(txHash, { signal })
    const data = await chain.block(blockNumber, { signal })
    if (receipt.blockHash !== null && receipt.blockHash !== data.block.hash) {
      throw new CliError(`${network.slug}: the chain was reorganised meanwhile; try again.`, { exitCode: 1 })
    }
    return explainMatch({ configuration: monitor, data, txHash, receipt })
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const isMissing = error.code === 'null_result'
    throw nodeError(error, network, isMissing ? `there is no mined transaction ${txHash}` : error.message)
  }
}
