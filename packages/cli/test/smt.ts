import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export type Finished = { code: number | null; stdout: string; stderr: string }

/** Runs the built binary as a user's shell would, with no environment but the given: for what is the process's own. */
export async function smtBinary(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, stdout, stderr }
}

/** A directory that goes away with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'smt-cli-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export type Tree = Record<string, unknown>

/** Writes files below `config/` of a new directory and answers the path of `config/`; a text is written as it is. */
export async function writeConfig(tree: Tree): Promise<string> {
  const directory = join(await temporaryDirectory(), 'config')
  for (const folder of ['networks', 'monitors', 'triggers']) await mkdir(join(directory, folder), { recursive: true })
  await writeInto(directory, tree)
  return directory
}

export async function writeInto(directory: string, tree: Tree): Promise<void> {
  for (const [file, content] of Object.entries(tree)) {
    const path = join(directory, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  }
}
