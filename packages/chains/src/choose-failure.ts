import type { RpcError } from './rpc-error.ts'

/**
 * Which failure stands for all of them: the first, which is of the endpoint with the highest weight. But data counts as
 * gone for good only when no endpoint can have it: while one of them is merely down, its failure comes first, and the
 * others' `outside_retention` waits. When it does count, the one is chosen that keeps most.
 */
export function chooseFailure(failures: readonly RpcError[]): RpcError | undefined {
  const gone = failures.filter(({ code }) => code === 'outside_retention')
  if (gone.length === 0) return failures[0]
  const hopeful = failures.find(({ code }) => !hopeless.has(code))
  if (hopeful !== undefined) return hopeful
  return gone.reduce((most, failure) => (oldestOf(failure) < oldestOf(most) ? failure : most))
}

const hopeless: ReadonlySet<string> = new Set(['outside_retention', 'wrong_network', 'wrong_chain_id'])

const UNKNOWN = 2n ** 64n

function oldestOf({ range }: RpcError): bigint {
  return range?.oldest ?? UNKNOWN
}
