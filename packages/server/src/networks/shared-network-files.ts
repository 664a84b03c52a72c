import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  checkNetwork,
  JsonSyntaxError,
  mapSecrets,
  parseJson,
  renderNetwork,
  secretKind,
  unsupportedInNetwork,
  type JsonValue,
  type NetworkConfig,
  type NetworkType,
} from '@smt/engine'
import type { Problem } from '../platform/errors.ts'
import { objectIdPattern } from '../tenants/envelope.ts'
import { readSharedNetworkExtensions, type ReadExtensions } from './shared-network-extensions.ts'

export type SharedNetworkFile =
  | { file: string; network: SharedNetwork; warnings: Problem[] }
  | { file: string; network: undefined; problems: Problem[] }

export type SharedNetwork = {
  networkId: string
  networkType: NetworkType
  /** All secrets are plain. */
  configuration: JsonValue
  explorerUrl: string | null
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the operator's network files (spec/01 §1.2: `*.json`, not recursive), in order of their names. A file is either
 * a network whose secrets are resolved, with what `extensions/` says of it, or what is wrong with either. Throws when the
 * directory cannot be read.
 */
export async function readSharedNetworks(directory: string, environment: Environment): Promise<SharedNetworkFile[]> {
  const names = (await readdir(directory)).filter((name) => /.\.json$/i.test(name)).toSorted()
  const files: SharedNetworkFile[] = []
  const taken = new Set<string>()
  for (const file of names) {
    const beside = await readSharedNetworkExtensions(directory, file)
    const read = withExtensions(checkFile(file, await readFile(join(directory, file), 'utf8'), environment), beside)
    const isTwin = read.network !== undefined && taken.has(read.network.networkId)
    if (read.network !== undefined) taken.add(read.network.networkId)
    files.push(isTwin ? { file, network: undefined, problems: [twin] } : read)
  }
  return files
}

const twin: Problem = { pointer: '/slug', code: 'duplicate_id', message: 'Another file has this slug.' }

/** A network with a bad file beside it is not offered without what that was to say. */
function withExtensions(read: SharedNetworkFile, beside: ReadExtensions): SharedNetworkFile {
  if (read.network === undefined) return read
  if (beside.extensions === undefined) return { file: beside.file, network: undefined, problems: beside.problems }
  return { ...read, network: { ...read.network, explorerUrl: beside.extensions.explorerUrl } }
}

function checkFile(file: string, text: string, environment: Environment): SharedNetworkFile {
  let value: JsonValue
  try {
    value = parseJson(text)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    return { file, network: undefined, problems: [{ pointer: '', code: 'malformed_json', message: error.message }] }
  }
  const written = checkNetwork(value)
  if (written.value === undefined) return { file, network: undefined, problems: written.problems }
  const resolved = resolveSecrets(written.value, environment)
  // The rules about URLs see the text that a variable holds.
  const checked = checkNetwork(resolved.config)
  const problems = [
    ...resolved.problems,
    ...checked.problems,
    ...unsupportedInNetwork(written.value),
    ...(objectIdPattern.test(written.value.slug)
      ? []
      : [{ pointer: '/slug', code: 'invalid_id', message: 'The slug is the id of the network: 1 to 128 characters.' }]),
  ]
  if (problems.length > 0) return { file, network: undefined, problems }
  const { slug: networkId, network_type: networkType } = resolved.config
  return {
    file,
    network: { networkId, networkType, configuration: renderNetwork(resolved.config), explorerUrl: null },
    warnings: checked.warnings,
  }
}

function resolveSecrets(
  config: NetworkConfig,
  environment: Environment,
): { config: NetworkConfig; problems: Problem[] } {
  const problems: Problem[] = []
  const resolved = mapSecrets('network', config, (secret, pointer) => {
    const kind = secretKind(secret)
    if (kind === 'plain') return secret
    const value = kind === 'environment' ? environment[secret.value] : undefined
    if (value !== undefined) return { type: 'Plain', value }
    problems.push(
      kind === 'environment'
        ? { pointer, code: 'unresolved_secret', message: `The environment variable ${secret.value} is not set.` }
        : { pointer, code: 'unsupported_secret_type', message: 'Secrets of a vault are not supported.' },
    )
    return secret
  })
  return { config: resolved, problems }
}
