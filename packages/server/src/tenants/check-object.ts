import type { JsonValue } from '@smt/engine'
import type { z } from 'zod'
import type { Problem } from '../platform/errors.ts'
import { readEnvelope } from './envelope.ts'
import { textIn } from './json-object.ts'
import { below } from './pointer.ts'
import {
  mergeMaskedSecrets,
  unsupportedSecretProblems,
  type ConfigurationKind,
  type Sealing,
} from './secret-configuration.ts'

/** The rules of one kind of object: what stands beside its configuration, and what its configuration must be. */
export type ObjectRules<Envelope, Config> = {
  kind: ConfigurationKind
  envelope: z.ZodType<Envelope>
  /** Fields beside the configuration that only repeat one inside it: `{ network_id: 'slug' }`. */
  mirrors: Record<string, string>
  check(configuration: unknown): { value?: Config; problems: Problem[]; warnings: Problem[] }
  /** What cannot be executed yet. `value` is undefined when the configuration is not right otherwise. */
  unsupported(configuration: JsonValue, value: Config | undefined): Problem[]
}

export type CheckedObject<Envelope, Config> = {
  /** Undefined when something beside the configuration is wrong. */
  envelope: Envelope | undefined
  /** The configuration with its secrets in clear, right or wrong: never to be stored, logged or answered. */
  configuration: JsonValue | undefined
  /** The configuration, when its shape and rules are right. */
  value: Config | undefined
  /** Pointers from the root of the body. */
  problems: Problem[]
  warnings: Problem[]
}

// Names are indexed, and PostgreSQL refuses index entries of more than 2,700 bytes.
const nameSizeMax = 1_000

/** Everything about a body that can be said without other objects. `stored` gives masks their meaning. */
export function checkObject<Envelope, Config>(
  rules: ObjectRules<Envelope, Config>,
  body: JsonValue,
  { stored, sealing }: { stored: JsonValue | undefined; sealing: Sealing },
): CheckedObject<Envelope, Config> {
  const { value: envelope, configuration: incoming, problems } = readEnvelope(rules, body)
  if (incoming === undefined) return { envelope, configuration: incoming, value: undefined, problems, warnings: [] }
  const { configuration, problems: maskProblems } = mergeMaskedSecrets(rules.kind, incoming, { stored, sealing })
  const secretProblems = [...maskProblems, ...unsupportedSecretProblems(rules.kind, configuration)]
  const checked = rules.check(configuration)
  // A mask that stands for nothing is one problem; what the rules say about the mask itself helps nobody.
  const ruleProblems = checked.problems.filter(({ pointer }) => !maskProblems.some((mask) => mask.pointer === pointer))
  const inner = [
    ...ruleProblems,
    ...secretProblems,
    ...nameProblems(configuration),
    ...rules.unsupported(configuration, checked.value),
  ]
  return {
    envelope,
    configuration,
    value: checked.value,
    problems: withoutRepeats([...problems, ...below('/configuration', inner)]),
    warnings: below('/configuration', checked.warnings),
  }
}

function nameProblems(configuration: JsonValue): Problem[] {
  const isTooLong = Buffer.byteLength(textIn(configuration, 'name') ?? '') > nameSizeMax
  return isTooLong ? [{ pointer: '/name', code: 'too_long', message: `A name has at most ${nameSizeMax} bytes.` }] : []
}

function withoutRepeats(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.pointer} ${problem.code}`, problem])).values()]
}
