import { RpcError } from '@smt/chains'
import { type MatchObject, stringifyJson } from '@smt/engine'
import { CliError } from '../cli-error.ts'
import type { CheckedDirectory } from '../config/check-directory.ts'
import { type Finding, lineOf } from '../config/finding.ts'
import { createHttp } from '../http.ts'
import { counted } from '../plural.ts'
import type { Surroundings } from '../surroundings.ts'
import { nodeError } from './open-chain.ts'
import { type EvaluateDeps, evaluateNetwork, type NetworkResult } from './evaluate-network.ts'
import { assertUsable, loadConfiguration, type LoadOptions } from './load-configuration.ts'
import { selectEvaluations, type Selection } from './select.ts'

export type RunCommandOptions = LoadOptions & { network?: string; block?: bigint }

/**
 * `smt run`: evaluates one block without a server. Standard output holds the JSON array of matches and nothing else, and
 * only when every block could be read. Resolves with the exit code.
 */
export async function runBlock(surroundings: Surroundings, options: RunCommandOptions): Promise<number> {
  const { out, err, signal } = surroundings
  if (options.block !== undefined && options.network === undefined) {
    throw new CliError('--network is needed for a specific block.', { exitCode: 2 })
  }
  const { checked, monitor } = await loadConfiguration(surroundings, options)
  const selections = selectEvaluations(checked, { network: options.network, monitor })
  for (const { network } of selections) assertUsable(network)
  for (const warning of conditionWarnings(checked, selections)) err(lineOf(warning))
  const http = createHttp()
  const matches: MatchObject[] = []
  let failed = 0
  try {
    for (const selection of selections) {
      const deps = { http, signal, now: () => performance.now() }
      const result = await evaluate(deps, selection, options.block)
      matches.push(...result.matches)
      failed += result.failures.length
      for (const { file, error } of result.failures) err(`${file} was not evaluated: ${error}`)
      const place = `${selection.network.written?.slug ?? ''}, block ${result.block}`
      err(`${place}: ${counted(result.matches.length, 'match')} (${counted(selection.monitors.length, 'monitor')})`)
    }
  } finally {
    await http.close()
  }
  out(`${stringifyJson(matches)}\n`)
  return failed === 0 ? 0 : 1
}

/** A condition that cannot hold is the likeliest reason for no match. */
function conditionWarnings({ warnings }: CheckedDirectory, selections: readonly Selection[]): Finding[] {
  const files = new Set(selections.flatMap(({ monitors }) => monitors.map(({ file }) => file)))
  return warnings.filter(({ file, pointer }) => files.has(file) && pointer.startsWith('/match_conditions/'))
}

/** What is asked first: the block itself. */
const blockMethods: ReadonlySet<string> = new Set(['eth_getBlockByNumber', 'getLedgers'])

async function evaluate(
  deps: EvaluateDeps,
  { network, monitors }: Selection,
  block: bigint | undefined,
): Promise<NetworkResult> {
  const config = network.resolved
  if (config === undefined) throw new Error('a network without problems has no configuration')
  try {
    const named = monitors.flatMap(({ file, written }) => (written === undefined ? [] : [{ file, config: written }]))
    return await evaluateNetwork(deps, { network: config, monitors: named, block })
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    const isMissing = error.code === 'null_result' && blockMethods.has(error.rpcMethod ?? '')
    throw nodeError(error, config, isMissing ? `block ${block ?? ''} was not found` : error.message)
  }
}
