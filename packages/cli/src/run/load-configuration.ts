import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { unsupportedInNetwork } from '@smt/engine'
import { CliError } from '../cli-error.ts'
import { checkFiles, type CheckedDirectory, workingDirectoryOf } from '../config/check-directory.ts'
import type { CheckedObject } from '../config/check-object.ts'
import { type ConfigFiles, readConfigFiles } from '../config/config-files.ts'
import { type Finding, lineOf } from '../config/finding.ts'
import { readJsonFile } from '../config/json-file.ts'
import { counted } from '../plural.ts'
import type { Surroundings } from '../surroundings.ts'
import { findMonitor } from './select.ts'

export type Loaded = { checked: CheckedDirectory; monitor: CheckedObject<'monitor'> | undefined }

/** Which directory, and which monitor of it or from elsewhere. */
export type LoadOptions = { config: string; monitor?: string; workdir?: string }

/** The whole directory must load, as in the original; a monitor from elsewhere is checked against it. */
export async function loadConfiguration(surroundings: Surroundings, options: LoadOptions): Promise<Loaded> {
  const { cwd, environment } = surroundings
  const directory = resolve(cwd, options.config)
  const workingDirectory = options.workdir === undefined ? workingDirectoryOf(directory) : resolve(cwd, options.workdir)
  const files = await readConfigFiles(directory)
  const checked = await checkFiles(files, { environment, workingDirectory })
  rejectProblems(surroundings, checked.problems)
  if (options.monitor === undefined) return { checked, monitor: undefined }
  const found = findMonitor(checked.monitors, { wanted: options.monitor, directory, cwd })
  if (found !== undefined) return { checked, monitor: found }
  const alone = await withMonitorFile(files, { path: resolve(cwd, options.monitor), name: options.monitor })
  const single = await checkFiles(alone, { environment, workingDirectory })
  rejectProblems(surroundings, single.problems)
  return { checked, monitor: single.monitors[0] }
}

async function withMonitorFile(
  files: ConfigFiles,
  { path, name }: { path: string; name: string },
): Promise<ConfigFiles> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) throw new CliError(`There is no monitor with the file or name ${name}.`, { exitCode: 2 })
  const read = await readJsonFile(path, name)
  if ('problem' in read) throw new CliError(lineOf(read.problem), { exitCode: 2 })
  const stem = basename(path).replace(/\.json$/i, '')
  const monitor = { kind: 'monitor' as const, file: name, stem, id: stem, base: '', value: read.value }
  return { ...files, objects: [...files.objects.filter(({ kind }) => kind !== 'monitor'), monitor] }
}

function rejectProblems({ err }: Surroundings, problems: readonly Finding[]): void {
  if (problems.length === 0) return
  for (const problem of problems) err(lineOf(problem))
  throw new CliError(`The configuration has ${counted(problems.length, 'problem')}.`, { exitCode: 2 })
}

/** Whether the network can be asked from here: every secret must be known. */
export function assertUsable({ file, written, secrets }: CheckedObject<'network'>): void {
  for (const use of secrets) {
    if (use.kind === 'vault') {
      const message = `${file} ${use.pointer}: secrets of a vault cannot be read here; use an environment variable.`
      throw new CliError(message, { exitCode: 2 })
    }
    if (!use.isSet) {
      const message = `${file} ${use.pointer}: the environment variable ${use.variable} is not set.`
      throw new CliError(message, { exitCode: 2 })
    }
  }
  const [unsupported] = written === undefined ? [] : unsupportedInNetwork(written)
  if (unsupported !== undefined) throw new CliError(`${file}: ${unsupported.message}.`, { exitCode: 1 })
}
