import type { FastifyRequest } from 'fastify'
import { canonicalAddress, isAddress } from '../platform/egress/address.ts'

/**
 * The address a request comes from: the last one that no trusted proxy named, or, when a proxy hands on what is no
 * address, the proxy's own.
 */
export function clientAddress(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const named = withoutPort(request.ip)
  return canonicalAddress(isAddress(named) ? named : (request.socket.remoteAddress ?? ''))
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text
}
