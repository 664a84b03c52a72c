import type { StellarSpec } from '../../config/stellar-spec.ts'
import { compileInterface, type ContractInterface } from '../../stellar/contract-interface.ts'
import { isStrkey } from '../../stellar/strkey.ts'
import { EngineError } from '../engine-error.ts'
import type { InterfaceSource } from './compiled-ledger-monitor.ts'
import type { LedgerFacts } from './ledger-result.ts'

/** The interface of a contract for those who read it from this source; undefined when there is none. */
export type InterfaceLookup = (source: InterfaceSource, contractId: string) => ContractInterface | undefined

/** Specs are kept by whoever fetched them: each is compiled once for as long as it is. */
const compiled = new WeakMap<StellarSpec, ContractInterface>()

/** Throws EngineError `missing_fact` for a contract that contractsNeeded named and the facts do not have. */
export function createInterfaceLookup({ specs }: LedgerFacts): InterfaceLookup {
  return (source, contractId) => {
    if (typeof source === 'object') return source
    if (source === 'none' || !isOnChain(contractId)) return undefined
    const spec = specs.get(contractId)
    if (spec === undefined) throw new EngineError('missing_fact', `The spec of contract ${contractId} is not there.`)
    if (spec === null) return undefined
    const known = compiled.get(spec) ?? compileInterface(spec)
    compiled.set(spec, known)
    return known
  }
}

/** Whether anything can be asked of the chain about it. */
export function isOnChain(contractId: string): boolean {
  return contractId.startsWith('C') && isStrkey(contractId)
}
