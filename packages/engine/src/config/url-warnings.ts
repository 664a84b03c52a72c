import { type PathPart, type Problem, toPointer } from './problem.ts'

/** What is doubtful about an outbound URL. The URL itself may be a secret and is never part of a message. */
export function urlWarnings(url: string, path: readonly PathPart[]): Problem[] {
  const pointer = toPointer(path)
  const warnings: Problem[] = []
  if (/^(?:http|ws):\/\//.test(url)) {
    const message = 'is not encrypted: use https:// (or wss://), or others can read and change what is sent'
    warnings.push({ pointer, code: 'insecure_url', message })
  }
  const parsed = parseUrl(url)
  if (!parsed) {
    warnings.push({ pointer, code: 'unusable_url', message: 'is not a complete URL, so nothing can be reached there' })
  } else if (parsed.port !== '' && parsed.port !== '443' && parsed.port !== '80') {
    const message = 'uses a port other than 443 and 80, which an installation may not allow'
    warnings.push({ pointer, code: 'unusual_port', message })
  }
  return warnings
}

function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}
