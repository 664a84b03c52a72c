import { createEvmChain, type EvmChain } from '../evm-chain.ts'
import { scriptedPool, type Node, type ScriptedPool } from './scripted-nodes.ts'

/** A chain behind the endpoints n0, n1, … in that order. */
export function chainOf(...nodes: Node[]): ScriptedPool & { chain: EvmChain } {
  const scripted = scriptedPool(Object.fromEntries(nodes.map((node, index) => [`n${index}`, node])))
  return { ...scripted, chain: createEvmChain(scripted.pool) }
}
