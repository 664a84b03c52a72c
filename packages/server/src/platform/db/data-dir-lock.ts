import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

export type DataDirLock = { release(): Promise<void> }

/**
 * Guards a data directory with a file that holds the owner's pid. PGlite itself opens a directory twice without an error
 * and loses rows; a lock of a process that is no longer alive is taken over, one of a live process never.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = join(dataDir, 'smt.lock')
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(`${process.pid}\n`)
      await file.close()
      return { release: () => rm(path, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const pid = await readPid(path)
    if (isOwned(pid)) throw new DataDirLockedError(dataDir, pid)
    await removeStale(path, dataDir)
  }
}

/** Moves the stale file away; when another process put its own there in between, gives it back and yields to it. */
async function removeStale(path: string, dataDir: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const pid = await readPid(aside)
  if (isOwned(pid)) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
  if (isOwned(pid)) throw new DataDirLockedError(dataDir, pid)
}

async function readPid(path: string): Promise<number> {
  return Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
}

function isOwned(pid: number): boolean {
  return Number.isInteger(pid) && isAlive(pid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

export class DataDirLockedError extends Error {
  override readonly name = 'DataDirLockedError'

  constructor(dataDir: string, pid: number) {
    super(
      `The data directory ${dataDir} is in use by process ${pid}. ` +
        'Stop that process, choose another directory with SMT_DATA_DIR, or use a PostgreSQL server (SMT_DATABASE_URL).',
    )
  }
}
