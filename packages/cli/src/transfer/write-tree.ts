import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CliError, systemCodeOf } from '../cli-error.ts'

export type TreeFile = { path: string; text: string }

/** Refuses a directory that holds anything, unless `isForced`. Throws CliError. */
export async function assertWritable(directory: string, { isForced }: { isForced: boolean }): Promise<void> {
  let names: string[]
  try {
    names = await readdir(directory)
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return
    throw new CliError(`${directory} cannot be written to (${systemCodeOf(cause)}).`, { exitCode: 2, cause })
  }
  if (names.length > 0 && !isForced) {
    throw new CliError(`${directory} is not empty; --force writes into it nevertheless.`, { exitCode: 2 })
  }
}

/**
 * Writes a directory of files. A new directory appears as a whole; in one that exists each file is replaced as a whole,
 * and others are left alone.
 */
export async function writeTree(
  directory: string,
  { folders, files }: { folders: readonly string[]; files: readonly TreeFile[] },
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true })
  const staging = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`))
  try {
    for (const folder of folders) await mkdir(join(staging, folder), { recursive: true })
    // Two ids that differ in case alone are one file on some systems: that must not go unnoticed.
    for (const { path, text } of files) await writeFile(join(staging, path), text, { flag: 'wx' })
    if (await exists(directory)) {
      for (const folder of folders) await mkdir(join(directory, folder), { recursive: true })
      for (const { path } of files) await rename(join(staging, path), join(directory, path))
    } else {
      await rename(staging, directory)
    }
  } catch (cause) {
    throw new CliError(`${directory} could not be written (${systemCodeOf(cause)}).`, { exitCode: 1, cause })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function exists(directory: string): Promise<boolean> {
  return readdir(directory).then(
    () => true,
    () => false,
  )
}
