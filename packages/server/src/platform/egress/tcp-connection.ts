import { isIP, type Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { EgressError } from './egress-error.ts'

/** Where a connection goes that is not HTTP: a host name or an address without brackets, and a port. */
export type ConnectTarget = { host: string; port: number; signal?: AbortSignal }

/**
 * A plain TCP connection through the guarded connector, for protocols that bring their own TLS (SMTP). A socket that comes
 * after the caller gave up is destroyed. Throws EgressError alone.
 */
export function openTcpConnection(
  connector: buildConnector.connector,
  { host, port, signal }: ConnectTarget,
): Promise<Socket> {
  if (!isHost(host) || !Number.isInteger(port) || port < 1 || port > 65_535)
    return Promise.reject(new EgressError('invalid_url', 'url'))
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new EgressError('aborted', 'connect'))
    if (signal?.aborted === true) {
      giveUp()
      return
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    const hostname = isIP(host) === 6 ? `[${host}]` : host
    connector({ hostname, host: `${hostname}:${port}`, protocol: 'tcp:', port: String(port) }, (...[error, socket]) => {
      signal?.removeEventListener('abort', giveUp)
      if (error !== null || socket === null) reject(error ?? new EgressError('connect_failed', 'connect'))
      else if (signal?.aborted === true) socket.destroy()
      else resolve(socket)
    })
  })
}

/** What could not be a host is not handed to a resolver. */
function isHost(host: string): boolean {
  return isIP(host) !== 0 || /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$/.test(host)
}
