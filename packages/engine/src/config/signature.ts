import type { MonitorConfig } from './monitor.ts'
import type { NetworkType } from './network.ts'
import { type Problem, toPointer } from './problem.ts'

/**
 * Function and event signatures that do not fit a network of this type (spec/01 §6.3): trimmed, they must end in `)` and
 * hold a `(` before it. Solana knows no such form.
 */
export function signatureProblems(config: MonitorConfig, networkType: NetworkType): Problem[] {
  if (networkType === 'Solana') return []
  return (['functions', 'events'] as const).flatMap((kind) =>
    config.match_conditions[kind].flatMap(({ signature }, index): Problem[] => {
      if (hasParentheses(signature)) return []
      const pointer = toPointer(['match_conditions', kind, index, 'signature'])
      const example = kind === 'functions' ? 'transfer(address,uint256)' : 'Transfer(address,address,uint256)'
      const message = `must name the types in parentheses on a network of type ${networkType}, as in ${example}`
      return [{ pointer, code: 'invalid_signature', message }]
    }),
  )
}

function hasParentheses(signature: string): boolean {
  const trimmed = signature.replace(/^\p{White_Space}+/u, '').trimEnd()
  return trimmed.endsWith(')') && trimmed.includes('(')
}
