import { RpcError } from '@smt/chains'
import { type Explanation, type LedgerExplanation, type NetworkType, stringifyJson } from '@smt/engine'
import { stellarExtensionsOf } from '../config/extension-files.ts'
import { createHttp } from '../http.ts'
import type { Surroundings } from '../surroundings.ts'
import { textOfExplanation } from './explanation-text.ts'
import { assertUsable, loadConfiguration, type LoadOptions } from './load-configuration.ts'
import { explainEvm } from './evm-network.ts'
import { textOfLedgerExplanation } from './ledger-explanation-text.ts'
import type { AskedTransaction, NetworkDeps } from './network.ts'
import { nodeError } from './open-chain.ts'
import { explainStellar } from './stellar-network.ts'
import { selectEvaluations } from './select.ts'

export type ExplainCommandOptions = LoadOptions & {
  monitor: string
  network: string
  /** 64 hexadecimal digits in lower case. */
  tx: string
  json?: boolean
}

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
    const { file, written: config, extensions } = monitor
    const { json, text } = await explain(deps, {
      network: network.resolved,
      monitor: { file, config, extensions: stellarExtensionsOf(extensions) },
      txHash: options.tx,
    })
    out(options.json === true ? `${stringifyJson(json)}\n` : text)
  } finally {
    await http.close()
  }
  return 0
}

type Explained = { text: string; json: Explanation | LedgerExplanation }

const explainers: Partial<Record<NetworkType, (deps: NetworkDeps, asked: AskedTransaction) => Promise<Explained>>> = {
  EVM: async (deps, asked) => {
    const json = await explainEvm(deps, asked)
    return { json, text: textOfExplanation(json) }
  },
  Stellar: async (deps, asked) => {
    const json = await explainStellar(deps, asked)
    return { json, text: textOfLedgerExplanation(json) }
  },
}

async function explain(deps: NetworkDeps, asked: AskedTransaction): Promise<Explained> {
  const explainOne = explainers[asked.network.network_type]
  if (explainOne === undefined) throw new Error('a network that cannot be executed was refused before')
  try {
    return await explainOne(deps, asked)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const isMissing = error.code === 'null_result'
    throw nodeError(error, asked.network, isMissing ? `there is no mined transaction ${asked.txHash}` : error.message)
  }
}
