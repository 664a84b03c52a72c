import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * `smt serve`, `smt migrate`, `smt admin …`: the server's own binary with our standard streams. Signals are passed on, and
 * the exit code is the server's.
 */
export async function runServer(args: readonly string[]): Promise<number> {
  // The binary lies beside the module that the package exports.
  const main = fileURLToPath(new URL('./main.js', import.meta.resolve('@smt/server')))
  const child = spawn(process.execPath, [main, ...args], { stdio: 'inherit' })
  // In a terminal Ctrl-C reaches the whole process group: passed on as well, it would be a second one.
  const passOn = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child.kill(signal)
  }
  for (const signal of signals) process.on(signal, passOn)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    })
  } finally {
    for (const signal of signals) process.off(signal, passOn)
  }
}
