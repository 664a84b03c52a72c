import {
  type Checked,
  checkMonitor,
  checkNetwork,
  checkTrigger,
  type ConfigKind,
  type ConfigOf,
  type Problem,
  unsupportedInMonitor,
  unsupportedInNetwork,
  unsupportedInTrigger,
} from '@smt/engine'
import type { Environment } from '../surroundings.ts'
import type { ConfigObject } from './config-files.ts'
import type { Finding } from './finding.ts'
import { resolveSecrets, type SecretUse } from './secrets.ts'

/** An object of a directory with everything that can be said of it alone. */
export type CheckedObject<K extends ConfigKind = ConfigKind> = ConfigObject<K> & {
  /** As it is written; undefined when it has problems. */
  written: ConfigOf[K] | undefined
  /** The same with the secrets of variables that are set: never to be printed. */
  resolved: ConfigOf[K] | undefined
  secrets: SecretUse[]
  problems: Finding[]
  warnings: Finding[]
  /** What OpenZeppelin Monitor does and this version does not. */
  notExecutable: Finding[]
}

type Rules<K extends ConfigKind> = {
  check(value: unknown): Checked<ConfigOf[K]>
  unsupported(config: ConfigOf[K]): Problem[]
}

const rules: { [K in ConfigKind]: Rules<K> } = {
  network: { check: (value) => checkNetwork(value, { now: new Date() }), unsupported: unsupportedInNetwork },
  monitor: { check: checkMonitor, unsupported: unsupportedInMonitor },
  trigger: { check: checkTrigger, unsupported: unsupportedInTrigger },
}

/** Shape and rules of one object; where a variable is set, also the rules about the text that it holds. */
export function checkConfigObject<K extends ConfigKind>(
  object: ConfigObject<K>,
  environment: Environment,
): CheckedObject<K> {
  const { kind, value, file, base } = object
  const at = (problems: readonly Problem[]): Finding[] =>
    problems.map(({ pointer, code, message }) => ({ file, pointer: base + pointer, code, message }))
  const first = rules[kind].check(value)
  if (first.value === undefined) {
    const { problems, warnings } = first
    return { ...object, ...nothing, problems: at(problems), warnings: at(warnings) }
  }
  const { config, uses } = resolveSecrets(kind, first.value, environment)
  const second = rules[kind].check(config)
  const isRight = second.problems.length === 0
  const vaults = uses.filter((use) => use.kind === 'vault').map(vaultFinding)
  return {
    ...object,
    written: isRight ? first.value : undefined,
    resolved: isRight ? config : undefined,
    secrets: uses,
    problems: at(second.problems),
    warnings: at(second.warnings),
    notExecutable: at([...rules[kind].unsupported(first.value), ...vaults]),
  }
}

const nothing = { written: undefined, resolved: undefined, secrets: [], notExecutable: [] }

function vaultFinding({ pointer }: { pointer: string }): Problem {
  const message = 'secrets of a vault are not read here: use an environment variable'
  return { pointer: `${pointer}/type`, code: 'unsupported_feature', message }
}
