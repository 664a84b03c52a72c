import { stringifyJson, type JsonValue } from '@smt/engine'
import { z } from 'zod'
import type { Problem } from '../platform/errors.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'
import { pointerOf } from './pointer.ts'
import { unstorableProblems } from './storable-json.ts'

/** The ids that tenants give their objects. */
export const objectIdPattern = /^[A-Za-z0-9_.-]{1,128}$/

export const objectId = z
  .string()
  .regex(objectIdPattern, 'An id has 1 to 128 characters of A-Z, a-z, 0-9, "_", "." and "-".')

const labelsMax = 32
const extensionsSizeMax = 16_384

/** What stands beside every configuration because OZ Monitor does not know it. */
export const envelopeShape = {
  labels: z
    .record(z.string().min(1).max(64), z.string().max(256))
    .refine((labels) => Object.keys(labels).length <= labelsMax, `There may be at most ${labelsMax} labels.`)
    .default({})
    .meta({ description: `At most ${labelsMax} short texts by name.` }),
  extensions: z
    .custom<JsonObject>(isJsonObject, 'Extensions must be an object.')
    .refine(
      (value) => Buffer.byteLength(stringifyJson(value)) <= extensionsSizeMax,
      `Extensions may have at most ${extensionsSizeMax} bytes.`,
    )
    .default({}),
}

/** The same for documents: JSON Schema has no word for a predicate. */
export const documentedEnvelopeShape = {
  labels: envelopeShape.labels,
  extensions: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: 'Anything of your own, at most 16 KiB.' }),
}

export type Envelope<T> = {
  /** Undefined when something beside the configuration has problems. */
  value: T | undefined
  /** The configuration as it came, to be checked whatever else is wrong; undefined when there is none. */
  configuration: JsonValue | undefined
  problems: Problem[]
}

// What answers hold and nobody can write: a client may send back what it has read.
const readOnlyFields = [
  'id',
  'is_active',
  'disabled_at',
  'previous_secret_valid_until',
  'version',
  'status',
  'shared',
  'created_at',
  'updated_at',
  'warnings',
]

/**
 * Reads the body of a write: `envelope` checks what stands beside the configuration. A mirror of a field inside (such as
 * `name`) is accepted when it says the same as the configuration, which is where it is changed.
 */
export function readEnvelope<T>(
  { envelope, mirrors }: { envelope: z.ZodType<T>; mirrors: Record<string, string> },
  body: JsonValue,
): Envelope<T> {
  if (!isJsonObject(body)) {
    const problem = { pointer: '', code: 'invalid_type', message: 'The body must be a JSON object.' }
    return { value: undefined, configuration: undefined, problems: [problem] }
  }
  const { configuration, ...beside } = body
  const written = Object.entries(beside).filter(
    ([key]) => !readOnlyFields.includes(key) && !Object.hasOwn(mirrors, key),
  )
  const parsed = envelope.safeParse(Object.fromEntries(written))
  const problems = [
    ...unstorableProblems(body),
    ...(parsed.success ? [] : parsed.error.issues.flatMap(problemsOfIssue)),
  ]
  if (configuration === undefined) {
    problems.push({ pointer: '/configuration', code: 'required', message: 'The configuration is missing.' })
  }
  for (const [outer, inner] of Object.entries(mirrors)) {
    if (beside[outer] === undefined || (isJsonObject(configuration) && configuration[inner] === beside[outer])) continue
    const message = `This repeats configuration.${inner}: change it there.`
    problems.push({ pointer: pointerOf([outer]), code: 'read_only', message })
  }
  return { value: parsed.data, configuration, problems }
}

/** What is wrong in the words of our API; the pointer is from the root of what was checked. */
export function problemsOfIssue(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      code: 'unknown_field',
      message: 'This field is not known here.',
    }))
  }
  const isAbsent = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return [
    {
      pointer: pointerOf(issue.path),
      code: isAbsent ? 'required' : issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value',
      message: isAbsent ? 'This field is missing.' : issue.message,
    },
  ]
}
