import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type ServerProcess = { stop(): Promise<void> }

/** Starts the product itself, as `npm start` does, and waits until it is ready. */
export async function startServer(env: Record<string, string>, baseUrl: string): Promise<ServerProcess> {
  const main = fileURLToPath(new URL('main.js', import.meta.resolve('@smt/server')))
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { ...surroundings(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in a terminal goes to the whole group; the demo ends the server itself, after the last alert.
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk).slice(-8_000)))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const killWithParent = () => child.kill('SIGKILL')
  process.once('exit', killWithParent)

  const deadline = Date.now() + 60_000
  while (!(await isReady(baseUrl))) {
    if (child.exitCode !== null) throw new Error(`the server did not start:\n${output}`)
    if (Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the server was not ready in time:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    stop: async () => {
      child.kill('SIGTERM')
      const code = await exited
      process.removeListener('exit', killWithParent)
      if (code !== 0) throw new Error(`the server ended with ${code}:\n${output}`)
    },
  }
}

/** The surroundings without settings of a server that somebody runs besides the demo, such as its database. */
function surroundings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SMT_')))
}

async function isReady(baseUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${baseUrl}/health/ready`)).ok
  } catch {
    return false
  }
}
