import { dirname } from 'node:path'
import { textOf } from '../json.ts'
import type { Environment } from '../surroundings.ts'
import { checkConfigObject, type CheckedObject } from './check-object.ts'
import { type ConfigFiles, type ConfigObject, readConfigFiles } from './config-files.ts'
import { duplicateFindings } from './duplicates.ts'
import { extensionFindings } from './extension-files.ts'
import { type Finding, inOrder } from './finding.ts'
import { type KnownElsewhere, nothingElsewhere, referenceFindings } from './references.ts'
import { scriptFindings } from './script-files.ts'

export type CheckOptions = {
  environment: Environment
  /** Where scripts are looked for: the directory in which OpenZeppelin Monitor runs. */
  workingDirectory: string
  elsewhere?: KnownElsewhere
}

/** A configuration directory with everything that is to be said about it. */
export type CheckedDirectory = {
  networks: CheckedObject<'network'>[]
  triggers: CheckedObject<'trigger'>[]
  monitors: CheckedObject<'monitor'>[]
  problems: Finding[]
  warnings: Finding[]
  notExecutable: Finding[]
}

/** OpenZeppelin Monitor reads `config/` below the directory in which it runs. */
export function workingDirectoryOf(directory: string): string {
  return dirname(directory)
}

/** Reads and checks a directory. Throws CliError when it cannot be read at all. */
export async function checkDirectory(directory: string, options: CheckOptions): Promise<CheckedDirectory> {
  return checkFiles(await readConfigFiles(directory), options)
}

/** All problems of files that were read, at once. */
export async function checkFiles(
  files: ConfigFiles,
  { environment, workingDirectory, elsewhere = nothingElsewhere }: CheckOptions,
): Promise<CheckedDirectory> {
  const checked = {
    networks: files.objects.filter(isOfKind('network')).map((object) => checkConfigObject(object, environment)),
    triggers: files.objects.filter(isOfKind('trigger')).map((object) => checkConfigObject(object, environment)),
    monitors: files.objects.filter(isOfKind('monitor')).map((object) => checkConfigObject(object, environment)),
  }
  const objects: CheckedObject[] = [...checked.networks, ...checked.triggers, ...checked.monitors]
  const references = referenceFindings(files, elsewhere)
  const scripts = await scriptFindings(files.objects, workingDirectory)
  const extensions = checked.monitors.flatMap(({ extensions: extension }) =>
    extension === undefined ? [] : [extensionFindings(extension)],
  )
  return {
    ...checked,
    problems: inOrder([
      ...files.problems,
      ...objects.flatMap(({ problems }) => problems),
      ...duplicateFindings(files.objects),
      ...references.problems,
      ...scripts.problems,
      ...extensions.flatMap(({ problems }) => problems),
    ]),
    warnings: inOrder([
      ...objects
        .flatMap(({ warnings }) => warnings)
        // Only on EVM networks does a monitor need an address.
        .filter(({ file, code }) => code !== 'no_addresses' || !references.withoutEvm.has(file)),
      ...references.warnings,
      ...scripts.warnings,
      ...extensions.flatMap(({ warnings }) => warnings),
      ...activityWarnings(files),
    ]),
    notExecutable: inOrder(objects.flatMap(({ notExecutable }) => notExecutable)),
  }
}

/** Variables that are not set: OpenZeppelin Monitor would not start without them. */
export function unsetVariables(objects: readonly CheckedObject[]): Finding[] {
  return objects.flatMap(({ file, base, secrets }) =>
    secrets.flatMap((use): Finding[] => {
      if (use.kind !== 'environment' || use.isSet) return []
      const pointer = `${base}${use.pointer}/value`
      return [
        { file, pointer, code: 'unset_variable', message: `The environment variable ${use.variable} is not set.` },
      ]
    }),
  )
}

function isOfKind<K extends ConfigObject['kind']>(kind: K) {
  return (object: ConfigObject): object is ConfigObject<K> => object.kind === kind
}

function activityWarnings({ objects, broken }: ConfigFiles): Finding[] {
  const monitors = objects.filter(({ kind }) => kind === 'monitor')
  const isActive = ({ value }: ConfigObject) => !(textOf(value, 'name') !== undefined && isPaused(value))
  if (monitors.some(isActive) || broken.some(({ kind }) => kind === 'monitor')) return []
  const message = 'No monitor is active, so there is nothing to watch.'
  return [{ file: 'monitors/', pointer: '', code: 'no_active_monitors', message }]
}

function isPaused(value: ConfigObject['value']): boolean {
  return typeof value === 'object' && value !== null && 'paused' in value && value.paused === true
}
