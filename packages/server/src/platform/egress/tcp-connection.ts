import { isIP, type Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { EgressError } from './egress-error.ts'

/** Where a connection goes that is not HTTP: a host name or an address without brackets, and a port. */
export type ConnectTarget = { host: string; port: number; signal?: AbortSignal }

/**
 * A plain TCP connection through the guarded connector, for protocols that bring their own TLS (SMTP). The name look-up
 * counts into `timeoutMs`; a socket that comes too late is destroyed. Throws EgressError alone.
 */
export function openTcpConnection(
  connector: buildConnector.connector,
  { host, port, signal }: ConnectTarget,
  timeoutMs: number,
): Promise<Socket> {
  if (!isHost(host) || !Number.isInteger(port) || port < 1 || port > 65_535)
    return Promise.reject(new EgressError('invalid_url', 'url'))
  const deadline = AbortSignal.timeout(timeoutMs)
  const over = signal === undefined ? deadline : AbortSignal.any([deadline, signal])
  return new Promise((resolve, reject) => {
    const giveUp = () =>
      reject(signal?.aborted === true ? new EgressError('aborted', 'connect') : new EgressError('timeout', 'connect'))
    if (over.aborted) {
      giveUp()
      return
    }
    over.addEventListener('abort', giveUp, { once: true })
    const hostname = isIP(host) === 6 ? `[${host}]` : host
    connector({ hostname, host: `${hostname}:${port}`, protocol: 'tcp:', port: String(port) }, (...[error, socket]) => {
      over.removeEventListener('abort', giveUp)
      if (error !== null || socket === null) reject(error ?? new EgressError('connect_failed', 'connect'))
      else if (over.aborted) socket.destroy()
      else resolve(socket)
    })
  })
}

/** What could not be a host is not handed to a resolver. */
function isHost(host: string): boolean {
  return isIP(host) !== 0 || /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$/.test(host)
}
