import { EgressError } from './egress-error.ts'

/**
 * Parses an outbound URL once, as WHATWG does (which turns 2130706433, 0x7f.1 and full-width digits into 127.0.0.1), so
 * that the host that is judged is the host that is dialled. Only http and https, no credentials.
 */
export function parseOutboundUrl(text: string): URL {
  if (!URL.canParse(text)) throw new EgressError('invalid_url', 'url')
  const url = new URL(text)
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:'
  if (!isHttp || url.hostname === '' || url.username !== '' || url.password !== '')
    throw new EgressError('invalid_url', 'url')
  return url
}

/** The host as an address or name to resolve: brackets of IPv6 literals removed. */
export function hostOf(url: { hostname: string }): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}
