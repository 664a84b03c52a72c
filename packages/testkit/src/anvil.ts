import { spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { freePort } from './free-port.ts'
import { createJsonRpc, type JsonRpc } from './json-rpc.ts'

export type AnvilOptions = {
  /** Seconds between blocks; without it every transaction is mined at once in a block of its own. */
  blockTimeS?: number
  chainId?: number
  port?: number
  /** Keeps Ctrl-C in a terminal, which goes to the whole process group, from ending it before its caller does. */
  inOwnGroup?: boolean
  args?: readonly string[]
}

export type Anvil = {
  url: string
  chainId: number
  rpc: JsonRpc
  process: ChildProcess
  stop(): Promise<void>
}

/** Starts a real EVM chain node on the loopback address and waits until it answers. It ends with this process. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const { chainId = 31_337, port = await freePort() } = options
  const child = spawn(
    anvilPath(),
    [
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--chain-id',
      String(chainId),
      '--silent',
      ...(options.blockTimeS === undefined ? [] : ['--block-time', String(options.blockTimeS)]),
      ...(options.args ?? []),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: options.inOwnGroup === true },
  )
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2_000)))
  const killWithParent = () => child.kill('SIGKILL')
  process.once('exit', killWithParent)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
    process.removeListener('exit', killWithParent)
  }

  const url = `http://127.0.0.1:${port}`
  const rpc = createJsonRpc(url)
  const deadline = Date.now() + 30_000
  for (;;) {
    try {
      await rpc('eth_chainId', [])
      return { url, chainId, rpc, process: child, stop }
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await stop()
        throw new Error(`anvil did not start: ${errors}`, { cause: error })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

// The binary lies in the platform's own package, so neither npx nor an install script is needed.
function anvilPath(): string {
  const platform = process.platform
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const require = createRequire(import.meta.url)
  const manifest = require.resolve(`@foundry-rs/anvil-${platform}-${architecture}/package.json`, {
    paths: [dirname(require.resolve('@foundry-rs/anvil/package.json'))],
  })
  return join(dirname(manifest), 'bin', platform === 'win32' ? 'anvil.exe' : 'anvil')
}
