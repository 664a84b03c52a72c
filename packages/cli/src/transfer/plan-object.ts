import { type ConfigKind, type ConfigOf, mapSecrets, type Problem, secretKind } from '@smt/engine'
import { idFields, type StoredObject } from '../api/stored-object.ts'
import type { CheckedObject } from '../config/check-object.ts'
import type { Finding } from '../config/finding.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import {
  fieldOf,
  type Fingerprints,
  knownFingerprints,
  ownExtensions,
  secretsByPointer,
  withFingerprints,
} from './fingerprint.ts'
import { placeholdersOf } from './placeholder.ts'
import { renderConfig } from './render-config.ts'

/** What an import does with one object of the directory. */
export type Change = {
  kind: ConfigKind
  id: string
  file: string
  base: string
  action: 'create' | 'update' | 'unchanged'
  /** What is sent, secrets in clear: never to be printed. */
  body: JsonObject
  /** The configuration in `body`. */
  configuration: ConfigOf[ConfigKind]
  stored: StoredObject | undefined
  /** An update after which a stored secret is gone: nobody can read it, so nobody can put it back. */
  losesSecrets: boolean
  variables: VariableUse[]
}

/** `sent`: its value becomes the secret. `kept`: the stored secret, for which the variable is a placeholder, stays. */
export type VariableUse = { pointer: string; variable: string; effect: 'sent' | 'kept' }

export type PlanObjectOptions = { id: string; stored: StoredObject | undefined; fingerprints: Fingerprints }

type Place = { pointer: string; fingerprint: string | undefined; mask: string | undefined }

/** Compares an object of the directory with what is stored. Problems are about secrets that cannot be known. */
export function planObject<K extends ConfigKind>(
  object: CheckedObject<K>,
  options: PlanObjectOptions,
): { change: Change; problems: Finding[] } | { change: undefined; problems: Finding[] } {
  const { kind, file, base, resolved, secrets: uses, extensions } = object
  if (resolved === undefined) return { change: undefined, problems: [] }
  const { id, stored } = options
  const { config, places, problems } = secretsToSend(kind, resolved, options)
  const at = ({ pointer, code, message }: { pointer: string; code: string; message: string }): Finding => ({
    file,
    pointer: base + pointer,
    code,
    message,
  })
  if (problems.length > 0) return { change: undefined, problems: problems.map(at) }
  const known = stored === undefined ? new Map<string, string>() : knownFingerprints(stored)
  const isUnchanged =
    stored !== undefined &&
    isSameConfiguration(kind, config, stored.configuration) &&
    (extensions === undefined || canonicalJson(extensions.value) === canonicalJson(ownExtensions(stored.beside))) &&
    areSameSecrets(places, stored, known)
  const fingerprints = new Map(
    places.flatMap(({ pointer, fingerprint }) => (fingerprint === undefined ? [] : [[pointer, fingerprint]])),
  )
  const standing = { ...stored?.beside, ...(extensions && { extensions: extensions.value }) }
  const beside = withFingerprints(standing, { version: (stored?.version ?? 0) + 1, secrets: fingerprints })
  const named = kind === 'network' ? {} : { [idFields[kind]]: id }
  const change: Change = {
    kind,
    id,
    file,
    base,
    action: stored === undefined ? 'create' : isUnchanged ? 'unchanged' : 'update',
    body: { ...named, configuration: renderConfig(kind, config), ...beside },
    configuration: config,
    stored,
    losesSecrets: stored !== undefined && !isUnchanged && losesSecrets(places, stored, known),
    variables: uses.flatMap((use): VariableUse[] =>
      use.kind === 'environment'
        ? [{ pointer: base + use.pointer, variable: use.variable, effect: use.isSet ? 'sent' : 'kept' }]
        : [],
    ),
  }
  return { change, problems: [] }
}

type SecretProblem = Omit<Problem, 'code'> & { code: string }

/** The configuration with every secret plain: its text, or the mask that means "as it is stored". */
function secretsToSend<K extends ConfigKind>(
  kind: K,
  resolved: ConfigOf[K],
  { id, stored, fingerprints }: PlanObjectOptions,
): { config: ConfigOf[K]; places: Place[]; problems: SecretProblem[] } {
  const places: Place[] = []
  const problems: SecretProblem[] = []
  const placeholders = stored === undefined ? new Map<string, string>() : placeholdersOf(stored)
  const masks = new Set(placeholders.values())
  const config = mapSecrets(kind, resolved, (secret, pointer) => {
    const from = secretKind(secret)
    const mask =
      from === 'environment' ? placeholders.get(secret.value) : masks.has(secret.value) ? secret.value : undefined
    if (mask !== undefined && from !== 'hashicorpcloudvault') {
      places.push({ pointer, fingerprint: fingerprintOfMask(stored, { pointer, mask }), mask })
      return { ...secret, type: 'Plain', value: mask }
    }
    if (from === 'plain') {
      const fingerprint = fingerprints.of(kind, id, pointer, secret.value)
      places.push({ pointer, fingerprint, mask: undefined })
      return { ...secret, type: 'Plain' }
    }
    problems.push(
      from === 'environment'
        ? {
            pointer: `${pointer}/value`,
            code: 'unset_variable',
            message: `The environment variable ${secret.value} is not set, and no stored secret stands for it.`,
          }
        : {
            pointer: `${pointer}/type`,
            code: 'unsupported_secret_type',
            message: 'Secrets of a vault are not read here.',
          },
    )
    return secret
  })
  return { config, places, problems }
}

function fingerprintOfMask(
  stored: StoredObject | undefined,
  { pointer, mask }: { pointer: string; mask: string },
): string | undefined {
  if (stored === undefined) return undefined
  const known = knownFingerprints(stored)
  const at = [...secretsByPointer(stored.kind, stored.configuration)].find(
    ([place, value]) => value === mask && fieldOf(place) === fieldOf(pointer),
  )
  return at === undefined ? undefined : known.get(at[0])
}

/** Equal but for the secrets, whatever the order of keys. */
export function isSameConfiguration(
  kind: ConfigKind,
  left: ConfigOf[ConfigKind],
  right: ConfigOf[ConfigKind],
): boolean {
  return comparable(kind, left) === comparable(kind, right)
}

function comparable<K extends ConfigKind>(kind: K, config: ConfigOf[K]): string {
  const without = mapSecrets(kind, config, (secret) => ({ ...secret, type: secretKind(secret), value: '' }))
  return canonicalJson(renderConfig(kind, without))
}

function areSameSecrets(places: readonly Place[], stored: StoredObject, known: ReadonlyMap<string, string>): boolean {
  const masks = secretsByPointer(stored.kind, stored.configuration)
  return places.every(({ pointer, fingerprint, mask }) =>
    mask === undefined ? fingerprint === known.get(pointer) : mask === masks.get(pointer),
  )
}

/** Whether any stored secret is not among those that are sent, or may come to stand behind another mask. */
function losesSecrets(places: readonly Place[], stored: StoredObject, known: ReadonlyMap<string, string>): boolean {
  return [...secretsByPointer(stored.kind, stored.configuration)].some(([pointer, mask]) => {
    const isAmbiguous = / \(\d+\)$/.test(mask)
    const isSent = places.some(
      (place) =>
        fieldOf(place.pointer) === fieldOf(pointer) &&
        (place.mask === mask || (place.mask === undefined && place.fingerprint === known.get(pointer))),
    )
    return isAmbiguous || !isSent
  })
}
