import { runCli } from '../src/index.ts'
import type { Finished } from './smt.ts'

/** Runs a command line in this process: the same as the binary, without the half second that a process takes to start. */
export async function smt(
  args: readonly string[],
  env: Record<string, string> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  const code = await runCli(args, {
    version: '0.0.0',
    surroundings: {
      environment: env,
      cwd: process.cwd(),
      out: (text) => (stdout += text),
      err: (line) => (stderr += `${line}\n`),
      signal,
    },
  })
  return { code, stdout, stderr }
}
