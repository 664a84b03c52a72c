import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@smt/testkit'
import { openTestDatabase } from '../../src/testing/harness.ts'
import { hasServer } from '../../src/testing/harness.ts'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export type ServerUnderTest = {
  baseUrl: string
  /** Everything it printed, from all its lives. */
  output(): string
  start(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>
  dispose(): Promise<void>
  /** Another process over the same database; only with a database server. To be disposed of before this one. */
  twin(): Promise<ServerUnderTest>
}

/**
 * The built product as a process of its own, on PGlite in a temporary directory or on a database of the server under
 * TEST_DATABASE_URL. It can be killed and started again over the same data.
 */
export async function createServerUnderTest(env: Record<string, string> = {}): Promise<ServerUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'smt-e2e-'))
  const isTwin = env['SMT_DATABASE_URL'] !== undefined
  const database = hasServer() && !isTwin ? await openTestDatabase() : undefined
  const port = await freePort()
  const baseUrl = `http://127.0.0.1:${port}`
  const fullEnv: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    SMT_HTTP_PORT: String(port),
    SMT_DATA_DIR: join(directory, 'data'),
    SMT_EGRESS_ALLOW: '127.0.0.0/8',
    SMT_REGISTRATION: 'open',
    SMT_LOG_LEVEL: 'info',
    // Tests poll more often than clients may.
    SMT_API_RATE_CALLER: '1000000',
    SMT_API_RATE_TENANT: '1000000',
    SMT_API_RATE_ADDRESS: '1000000',
    ...(database?.urls === undefined
      ? {}
      : {
          SMT_DATABASE_URL: database.urls.app,
          SMT_DATABASE_PLATFORM_URL: database.urls.platform,
          SMT_MASTER_KEY: randomBytes(32).toString('base64'),
        }),
    ...env,
  }
  let child: ChildProcess | undefined
  let output = ''

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const running = child
    child = undefined
    if (running === undefined || running.exitCode !== null) return running?.exitCode ?? null
    const exited = new Promise<number | null>((resolve) => running.once('exit', resolve))
    running.kill(signal)
    return exited
  }

  return {
    baseUrl,
    output: () => output,
    start: async () => {
      const started = spawn(process.execPath, [main, 'serve'], { env: fullEnv, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
      const deadline = Date.now() + 90_000
      while (!(await isReady(baseUrl))) {
        if (started.exitCode !== null || started.signalCode !== null)
          throw new Error(`the server ended while starting:\n${output}`)
        if (Date.now() > deadline) throw new Error(`the server was not ready in time:\n${output}`)
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
    },
    stop: () => end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL')
    },
    dispose: async () => {
      await end('SIGKILL')
      await database?.close()
      await rm(directory, { recursive: true, force: true })
    },
    twin: () => {
      const { SMT_HTTP_PORT: _port, SMT_DATA_DIR: _directory, ...shared } = fullEnv
      return createServerUnderTest(shared)
    },
  }
}

async function isReady(baseUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${baseUrl}/health/ready`)).ok
  } catch {
    return false
  }
}
