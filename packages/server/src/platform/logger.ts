import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino'

/** Structured logs: a constant message, everything else as fields. */
export type Logger = PinoLogger

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const secretKey =
  /pass(word)?|secret|token|authorization|cookie|api[-_]?key|master|private|credential|signature|wrapped/i
// Our own keys and tokens, JWTs, sealed values, URLs with a path or query (they often hold provider keys).
const secretShape =
  /smtr?_[A-Za-z0-9_-]{20,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|v1\.\d+\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]+|(https?|wss?|postgres(?:ql)?):\/\/[^\s"'<>]+/g
const textSizeMax = 2_000
const depthMax = 6

export function createLogger(options: { level: LogLevel; destination?: DestinationStream }): Logger {
  const config = {
    level: options.level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => redactFields(fields),
    },
    serializers: { err: (error: unknown) => error, error: (error: unknown) => error },
  }
  return options.destination === undefined ? pino(config) : pino(config, options.destination)
}

export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      secretKey.test(key) && value != null ? '[redacted]' : redactValue(value, 0),
    ]),
  )
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return redactError(value, depth)
  if (value instanceof Date || typeof value !== 'object' || value === null) return value
  if (depth >= depthMax) return '[deep]'
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redactValue(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretKey.test(key) && item != null ? '[redacted]' : redactValue(item, depth + 1),
    ]),
  )
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    name: error.name,
    message: redactText(error.message),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined || depth >= depthMax ? {} : { cause: redactValue(error.cause, depth + 1) }),
  }
}

/** Removes what looks like a secret from a text; of a URL the origin stays. */
export function redactText(text: string): string {
  const clean = text.replace(secretShape, (found) => originOf(found) ?? '[redacted]')
  return clean.length > textSizeMax ? `${clean.slice(0, textSizeMax)}… (${clean.length} characters)` : clean
}

function originOf(text: string): string | undefined {
  if (!text.includes('://') || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const hidesNothing = url.pathname.length <= 1 && url.search === '' && url.username === '' && url.password === ''
  return `${url.protocol}//${url.host}${hidesNothing ? '' : '/…'}`
}
