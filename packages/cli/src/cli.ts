import { CommanderError } from 'commander'
import { CliError } from './cli-error.ts'
import { createProgram } from './program.ts'
import type { Surroundings } from './surroundings.ts'

/** Runs one command line (without the names of node and the script) and resolves with the exit code; never throws. */
export async function runCli(
  args: readonly string[],
  { surroundings, version }: { surroundings: Surroundings; version: string },
): Promise<number> {
  let exitCode = 0
  const said = { ...surroundings, err: (line: string) => surroundings.err(`smt: ${line}`) }
  const program = createProgram({
    surroundings: said,
    version,
    writeError: (text) => surroundings.err(text.trimEnd().replace(/^error: /, 'smt: ')),
    setExitCode: (code) => (exitCode = code),
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has printed what it has to say; asking for help or the version is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof CliError) {
      said.err(error.message)
      return error.exitCode
    }
    said.err(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return 1
  }
}
