import { parseArgs } from 'node:util'
import { runDemo } from './demo.ts'

const usage = 'Usage: npm run demo [-- --for 25s]\n\nRuns until Ctrl-C, or for the time given (such as 25s or 2m).\n'

const { values } = parseArgs({ options: { for: { type: 'string' }, help: { type: 'boolean' } } })
if (values.help === true) {
  process.stdout.write(usage)
} else {
  const durationMs = values.for === undefined ? undefined : parseDuration(values.for)
  if (durationMs === null) {
    process.stderr.write(usage)
    process.exitCode = 2
  } else {
    const stop = new AbortController()
    stopOnSignal(stop)
    if (durationMs !== undefined) setTimeout(() => stop.abort(), durationMs).unref()
    process.exitCode = await runDemo({
      signal: stop.signal,
      print: (line) => process.stdout.write(`${line}\n`),
    })
  }
}

/** The first signal ends the demo after the last alert, one that comes later ends it at once. */
function stopOnSignal(stop: AbortController): void {
  let firstAtMs: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now()
      firstAtMs ??= nowMs
      // npm passes on a Ctrl-C that the terminal has sent already: both are one.
      if (nowMs - firstAtMs > 500) process.exit(130)
      stop.abort()
    })
  }
}

/** `25s`, `2m` or plain seconds, in milliseconds; null when it is neither. */
function parseDuration(text: string): number | null {
  const found = /^(\d+)(s|m)?$/.exec(text)
  if (found === null) return null
  return Number(found[1]) * (found[2] === 'm' ? 60_000 : 1_000)
}
