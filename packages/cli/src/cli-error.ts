/** 1: what was asked for failed. 2: it could not even be tried (usage, configuration, a directory that cannot be read). */
export type ExitCode = 1 | 2

/** Ends a command. `message` is shown to the user as `smt: …` and never holds a secret. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode

  constructor(message: string, { exitCode, cause }: { exitCode: ExitCode; cause?: unknown }) {
    super(message, cause === undefined ? {} : { cause })
    this.exitCode = exitCode
  }
}

/** The `code` of a system error, such as ENOENT. */
export function systemCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}
