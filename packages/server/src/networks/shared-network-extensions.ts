import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JsonSyntaxError, parseJson } from '@smt/engine'
import { z } from 'zod'
import type { Problem } from '../platform/errors.ts'
import { problemsOfIssue } from '../tenants/envelope.ts'
import { explorerUrl } from './network-schema.ts'

/** For what OZ Monitor does not know of a network: its network files take no further member. */
const extensionsFolder = 'extensions'

const extensionsSchema = z.strictObject({ explorer_url: explorerUrl })

export type SharedNetworkExtensions = { explorerUrl: string | null }

export type ReadExtensions = { file: string } & (
  | { extensions: SharedNetworkExtensions }
  | { extensions: undefined; problems: Problem[] }
)

/**
 * Reads `extensions/NAME.json` of the network file `NAME.json`, which may be missing. Pointers are from the file's root.
 * Throws when it is there and cannot be read.
 */
export async function readSharedNetworkExtensions(directory: string, networkFile: string): Promise<ReadExtensions> {
  const file = `${extensionsFolder}/${networkFile}`
  const text = await readIfPresent(join(directory, file))
  if (text === undefined) return { file, extensions: { explorerUrl: null } }
  try {
    const parsed = extensionsSchema.safeParse(parseJson(text))
    if (!parsed.success) return { file, extensions: undefined, problems: parsed.error.issues.flatMap(problemsOfIssue) }
    return { file, extensions: { explorerUrl: parsed.data.explorer_url } }
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    return { file, extensions: undefined, problems: [{ pointer: '', code: 'malformed_json', message: error.message }] }
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
