import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { type ConnectionOptions, readConnection } from '../api/connection.ts'
import { readServerState } from '../api/stored-object.ts'
import { CliError } from '../cli-error.ts'
import { createHttp } from '../http.ts'
import { counted } from '../plural.ts'
import type { Surroundings } from '../surroundings.ts'
import { type Export, exportFiles, foldersOf } from './export-files.ts'
import { assertWritable, writeTree } from './write-tree.ts'

export type ExportCommandOptions = ConnectionOptions & { force?: boolean }

/** `smt export`: writes a tenant's configuration as a directory. Everything is read before anything is written. */
export async function runExport(
  surroundings: Surroundings,
  directory: string,
  options: ExportCommandOptions,
): Promise<number> {
  const path = resolve(surroundings.cwd, directory)
  const connection = await readConnection(surroundings, options)
  await assertWritable(path, { isForced: options.force === true })
  const http = createHttp()
  try {
    const api = createApiClient({ http, wait: (ms) => setTimeout(ms), signal: surroundings.signal }, connection)
    const exported = exportFiles(await readServerState(api))
    await writeTree(path, { folders: foldersOf(exported), files: exported.files })
    for (const line of reportOf(exported, path)) surroundings.err(line)
    return 0
  } catch (error) {
    if (error instanceof ApiError) throw new CliError(error.message, { exitCode: 1, cause: error })
    throw error
  } finally {
    await http.close()
  }
}

function reportOf({ files, variables, dropped, shared }: Export, path: string): string[] {
  return [
    ...variables.map(
      ({ variable, kind, id, pointer }) => `set ${variable} to the secret of ${kind} ${id} at ${pointer}`,
    ),
    ...shared.map(
      (id) =>
        `the shared network ${id} is the operator's and not exported: OpenZeppelin Monitor needs a networks/${id}.json`,
    ),
    ...dropped.map(
      ({ kind, id, fields }) =>
        `not exported of ${kind} ${id}, because the format has no place for it: ${fields.join(', ')}`,
    ),
    `${counted(files.length, 'file')} written to ${path}; ${counted(variables.length, 'variable')} to set. ` +
      'Severity, labels, explorer_url and is_active have no place in the format.',
  ]
}
