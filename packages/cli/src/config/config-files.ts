import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigKind, JsonValue } from '@smt/engine'
import { CliError, systemCodeOf } from '../cli-error.ts'
import { isJsonObject } from '../json.ts'
import { type ExtensionFile, readExtensionFiles } from './extension-files.ts'
import type { Finding } from './finding.ts'
import { readJsonFile } from './json-file.ts'

/** One network, monitor or trigger as it stands in a file, right or wrong. */
export type ConfigObject<K extends ConfigKind = ConfigKind> = {
  kind: K
  file: string
  /** The name of the file without `.json`. */
  stem: string
  /** What stands for it in its kind: the key of a trigger, the stem of another file. */
  id: string
  /** Where it begins in the file. */
  base: string
  value: JsonValue
  /** Of a monitor: what stands in `extensions/` beside it. */
  extensions?: ExtensionFile | undefined
}

export type ConfigFiles = {
  objects: ConfigObject[]
  problems: Finding[]
  /** Files that could not be read or are no JSON: what they define is not known. */
  broken: { kind: ConfigKind; file: string; stem: string }[]
}

export const folders: Record<ConfigKind, string> = { network: 'networks', trigger: 'triggers', monitor: 'monitors' }

/**
 * Reads what the original reads (spec/01 §1.2): `*.json` in any letter case, not recursive, strict JSON in UTF-8.
 *
 * @throws CliError when the directory itself cannot be read.
 */
export async function readConfigFiles(directory: string): Promise<ConfigFiles> {
  await assertDirectory(directory)
  const found: ConfigFiles = { objects: [], problems: [], broken: [] }
  for (const kind of ['network', 'trigger', 'monitor'] as const) {
    const folder = folders[kind]
    for (const name of await listFolder(join(directory, folder), { folder, problems: found.problems })) {
      const file = `${folder}/${name}`
      const stem = name.slice(0, -'.json'.length)
      const read = await readJsonFile(join(directory, file), file)
      if ('problem' in read) {
        found.problems.push(read.problem)
        found.broken.push({ kind, file, stem })
      } else if (kind !== 'trigger') {
        found.objects.push({ kind, file, stem, id: stem, base: '', value: read.value })
      } else if (isJsonObject(read.value)) {
        found.objects.push(...triggersOf(read.value, { file, stem }))
      } else {
        const message = 'must be an object that holds triggers by their ids'
        found.problems.push({ file, pointer: '', code: 'invalid_type', message })
        found.broken.push({ kind, file, stem })
      }
    }
  }
  const { extensions, problems } = await readExtensionFiles(directory)
  found.problems.push(...problems)
  for (const extension of extensions) {
    const monitor = found.objects.find(({ kind, stem }) => kind === 'monitor' && stem === extension.stem)
    if (monitor !== undefined) {
      monitor.extensions = extension
    } else if (!found.broken.some(({ kind, stem }) => kind === 'monitor' && stem === extension.stem)) {
      const message = `There is no monitor in monitors/${extension.stem}.json for this to extend.`
      found.problems.push({ file: extension.file, pointer: '', code: 'unknown_monitor', message })
    }
  }
  return found
}

async function assertDirectory(directory: string): Promise<void> {
  try {
    if ((await stat(directory)).isDirectory()) return
  } catch (cause) {
    throw new CliError(`The directory ${directory} cannot be read (${systemCodeOf(cause)}).`, { exitCode: 2, cause })
  }
  throw new CliError(`${directory} is not a directory.`, { exitCode: 2 })
}

async function listFolder(
  path: string,
  { folder, problems }: { folder: string; problems: Finding[] },
): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => /.\.json$/i.test(name)).toSorted()
  } catch (error) {
    const isMissing = systemCodeOf(error) === 'ENOENT'
    const code = isMissing ? 'missing_directory' : 'unreadable_directory'
    const message = isMissing
      ? 'The directory is missing; it may be empty, but OpenZeppelin Monitor does not start without it.'
      : `The directory cannot be read (${systemCodeOf(error)}).`
    problems.push({ file: `${folder}/`, pointer: '', code, message })
    return []
  }
}

function triggersOf(
  triggers: { [key: string]: JsonValue },
  { file, stem }: { file: string; stem: string },
): ConfigObject<'trigger'>[] {
  return Object.entries(triggers).map(([id, value]) => {
    const base = `/${id.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return { kind: 'trigger', file, stem, id, base, value }
  })
}
