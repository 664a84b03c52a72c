import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConfigKind, JsonSyntaxError, type JsonValue, parseJson } from '@smt/engine'
import { CliError, systemCodeOf } from '../cli-error.ts'
import { isJsonObject } from '../json.ts'
import type { Finding } from './finding.ts'

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
      const read = await readConfigFile(join(directory, file), file)
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
  return found
}

/** Reads one file: its value, or what is wrong with it as JSON. `file` is how it is called in the finding. */
export async function readConfigFile(path: string, file: string): Promise<{ value: JsonValue } | { problem: Finding }> {
  let text = ''
  try {
    // A byte order mark is kept, so that it is refused as it is there.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
    return { value: parseJson(text) }
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      const place = error.position === undefined ? {} : placeIn(text, error.position)
      return { problem: { file, pointer: '', code: 'malformed_json', message: error.message, ...place } }
    }
    if (error instanceof TypeError) {
      return { problem: { file, pointer: '', code: 'malformed_json', message: 'The file is not UTF-8.' } }
    }
    const message = `The file cannot be read (${systemCodeOf(error)}).`
    return { problem: { file, pointer: '', code: 'unreadable_file', message } }
  }
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

function placeIn(text: string, position: number): { line: number; column: number } {
  const before = text.slice(0, position)
  return { line: before.split('\n').length, column: position - before.lastIndexOf('\n') }
}
