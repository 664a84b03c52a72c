import { checkAgainst, type Findings } from './check.ts'
import { type MonitorConfig, monitorSchema } from './monitor.ts'
import { type Checked, type Problem, toPointer } from './problem.ts'
import { elements, member } from './record.ts'
import { scriptProblems } from './script.ts'
import { isBlank } from './text.ts'

/**
 * Checks a monitor against spec/01 §4, §5 and §7, with every problem and warning in one answer; never throws.
 *
 * References, signatures (`signatureProblems`) and the existence of scripts depend on other objects and are not
 * checked; expressions are not parsed, as in the original.
 */
export function checkMonitor(value: unknown): Checked<MonitorConfig> {
  return checkAgainst(value, { schema: monitorSchema, findRules: monitorRules })
}

function monitorRules(monitor: unknown): Findings {
  const scripts = elements(member(monitor, 'trigger_conditions')).flatMap((script, index) =>
    scriptProblems(script, ['trigger_conditions', index]),
  )
  const specs = elements(member(monitor, 'addresses')).flatMap((entry, index) =>
    repeatedItems(member(entry, 'contract_spec'), index),
  )
  const warnings: Problem[] = []
  const name = member(monitor, 'name')
  if (typeof name === 'string' && name !== '' && isBlank(name)) {
    warnings.push({ pointer: '/name', code: 'blank_name', message: 'holds nothing but blanks' })
  }
  const addresses = member(monitor, 'addresses')
  if (Array.isArray(addresses) && addresses.length === 0) {
    const message = 'is empty: without an address a monitor never matches on an EVM network'
    warnings.push({ pointer: '/addresses', code: 'no_addresses', message })
  }
  return { problems: [...specs, ...scripts], warnings }
}

/** An ABI has at most one constructor, one fallback and one receive function (spec/01 §5.1). */
function repeatedItems(spec: unknown, address: number): Problem[] {
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const [index, item] of elements(spec).entries()) {
    const type = member(item, 'type')
    if (type !== 'constructor' && type !== 'fallback' && type !== 'receive') continue
    if (seen.has(type)) {
      const pointer = toPointer(['addresses', address, 'contract_spec', index])
      problems.push({ pointer, code: 'duplicate', message: `an ABI has at most one ${type}` })
    }
    seen.add(type)
  }
  return problems
}
