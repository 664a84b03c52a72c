export type Environment = Readonly<Record<string, string | undefined>>

/** What a command sees of the world; tests give it another one. */
export type Surroundings = {
  environment: Environment
  /** Where relative paths begin. */
  cwd: string
  /** Writes the result of the command, and nothing else, to standard output. */
  out: (text: string) => void
  /** Writes one line for people to standard error. */
  err: (line: string) => void
  /** Aborted by Ctrl-C and SIGTERM; a command then undoes what must not stay half done. */
  signal: AbortSignal
}
