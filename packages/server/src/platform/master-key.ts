import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseMasterKey } from './secrets.ts'

/**
 * The master key: from SMT_MASTER_KEY, or, with the embedded database, from a file beside it that is made at the first
 * start. Whoever backs up the data directory has both; with a server the operator keeps the key elsewhere.
 */
export async function loadMasterKey(configured: string | undefined, dataDir: string): Promise<Buffer> {
  if (configured !== undefined) return parseMasterKey(configured)
  const path = join(dataDir, 'master.key')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  try {
    await writeFile(path, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return parseMasterKey((await readFile(path, 'utf8')).trim())
}
