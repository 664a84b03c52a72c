import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkStellarExtensions, type StellarExtensions, stellarExtensionsSchema } from '@smt/engine'
import { systemCodeOf } from '../cli-error.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { Finding } from './finding.ts'
import { readJsonFile } from './json-file.ts'

/** `extensions/STEM.json`: the `extensions` of the monitor in `monitors/STEM.json`. */
export type ExtensionFile = { file: string; stem: string; value: JsonObject }

/** Beside the folders of OpenZeppelin Monitor, which never looks here: its monitor files take no further member. */
export const extensionsFolder = 'extensions'

/** Reads the folder, which may be missing. */
export async function readExtensionFiles(
  directory: string,
): Promise<{ extensions: ExtensionFile[]; problems: Finding[] }> {
  const extensions: ExtensionFile[] = []
  const problems: Finding[] = []
  for (const name of await listNames(join(directory, extensionsFolder), problems)) {
    const file = `${extensionsFolder}/${name}`
    const read = await readJsonFile(join(directory, file), file)
    if ('problem' in read) problems.push(read.problem)
    else if (isJsonObject(read.value))
      extensions.push({ file, stem: name.slice(0, -'.json'.length), value: read.value })
    else problems.push({ file, pointer: '', code: 'invalid_type', message: 'must be an object, as in {"stellar": {}}' })
  }
  return { extensions, problems }
}

async function listNames(path: string, problems: Finding[]): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => /.\.json$/i.test(name)).toSorted()
  } catch (error) {
    const code = systemCodeOf(error)
    if (code !== 'ENOENT') {
      const message = `The directory cannot be read (${code}).`
      problems.push({ file: `${extensionsFolder}/`, pointer: '', code: 'unreadable_directory', message })
    }
    return []
  }
}

/** What is wrong in a file; pointers from its root. */
export function extensionFindings({ file, value }: ExtensionFile): { problems: Finding[]; warnings: Finding[] } {
  const { problems, warnings } = checkStellarExtensions(value)
  const at = (pointer: string) => pointer.replace(/^\/extensions/, '')
  const toFinding = ({ pointer, code, message, position, hint }: (typeof problems)[number]): Finding => {
    const place = position === undefined ? [] : [`(character ${position.start + 1})`]
    const text = [message, ...place, ...(hint === undefined ? [] : [hint])].join(' ')
    return { file, pointer: at(pointer), code, message: text }
  }
  return { problems: problems.map(toFinding), warnings: warnings.map(toFinding) }
}

/** What it says of Stellar; it has been checked. */
export function stellarExtensionsOf(extension: ExtensionFile | undefined): StellarExtensions | undefined {
  const stellar = extension?.value['stellar']
  return stellar === undefined ? undefined : stellarExtensionsSchema.parse(stellar)
}
