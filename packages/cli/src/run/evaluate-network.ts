import type { NetworkType } from '@smt/engine'
import { evaluateEvm } from './evm-network.ts'
import type { Evaluation, NetworkDeps, NetworkResult } from './network.ts'
import { evaluateStellar } from './stellar-network.ts'

type Evaluate = (deps: NetworkDeps, evaluation: Evaluation) => Promise<NetworkResult>

const evaluators: Partial<Record<NetworkType, Evaluate>> = { EVM: evaluateEvm, Stellar: evaluateStellar }

/** Fetches one block and evaluates it with these monitors. Throws RpcError; never turns a failure into no match. */
export function evaluateNetwork(deps: NetworkDeps, evaluation: Evaluation): Promise<NetworkResult> {
  const evaluate = evaluators[evaluation.network.network_type]
  if (evaluate === undefined) throw new Error('a network that cannot be executed was refused before')
  return evaluate(deps, evaluation)
}
