import { checkConditions, checkStellarConditions, checkStellarExtensions, type JsonValue } from '@smt/engine'
import type { Problem } from '../platform/errors.ts'
import type { NetworkReference } from '../networks/network-references.ts'
import { isJsonObject } from '../tenants/json-object.ts'
import { below } from '../tenants/pointer.ts'

type Found = { problems: Problem[]; warnings: Problem[] }
type Written = { configuration: JsonValue | undefined; extensions: JsonValue | undefined }

/** What each type of network has to say about the conditions of a monitor that watches one. */
const checks: Partial<Record<NetworkReference['networkType'], (written: Written) => Found>> = {
  EVM: ({ configuration }) => inConfiguration(checkConditions(configuration)),
  Stellar: ({ configuration, extensions }) => {
    const conditions = inConfiguration(checkStellarConditions(configuration))
    const further = checkStellarExtensions(extensions)
    return {
      problems: [...conditions.problems, ...further.problems],
      warnings: [...conditions.warnings, ...further.warnings],
    }
  },
}

/** All of it, with pointers from the root of the body. A monitor may watch networks of several types. */
export function checkFamilies(types: ReadonlySet<NetworkReference['networkType']>, written: Written): Found {
  const found = [...types].flatMap((type) => checks[type]?.(written) ?? [])
  const said = found.flatMap(({ warnings }) => warnings)
  const isStellarAlone = types.size === 1 && types.has('Stellar')
  const isUnused = !types.has('Stellar') && isJsonObject(written.extensions) && 'stellar' in written.extensions
  return {
    problems: [
      ...found.flatMap(({ problems }) => problems),
      ...said.filter(({ code }) => isStellarAlone && refusedOnStellar.has(code)),
    ],
    warnings: [
      ...said
        .filter(({ code }) => !(isStellarAlone && refusedOnStellar.has(code)))
        // What no address of one chain looks like may be one of another that the monitor watches as well.
        .filter(({ code }) => types.size === 1 || code !== 'unmatchable_address'),
      ...(isUnused ? [unusedExtension] : []),
    ],
  }
}

/**
 * OZ Monitor loads these and never matches with them: a mistake in an address, an asset, a spec or a type. On Stellar all of
 * them can be told for certain, so they are refused, as expressions are that can never be true (decision 13).
 */
const refusedOnStellar: ReadonlySet<string> = new Set(['unmatchable_address', 'foreign_contract_spec', 'unknown_type'])

/** Without what is said of EVM networks when the monitor is known to watch none. */
export function withoutForeign(types: ReadonlySet<NetworkReference['networkType']>, warnings: Problem[]): Problem[] {
  return types.size === 0 || types.has('EVM') ? warnings : warnings.filter(({ code }) => code !== 'no_addresses')
}

const unusedExtension: Problem = {
  pointer: '/extensions/stellar',
  code: 'unused_extension',
  message: 'The monitor watches no Stellar network, so this has no effect.',
}

function inConfiguration({ problems, warnings }: Found): Found {
  return { problems: below('/configuration', problems), warnings: below('/configuration', warnings) }
}
