import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import { EgressError } from './egress-error.ts'
import { hostOf } from './outbound-url.ts'
import { createReachRules, type ReachOptions, type Target } from './reach-rules.ts'

/** All addresses of a host name. */
export type Resolver = (hostname: string) => Promise<readonly string[]>

/** Opens the socket to an address that has been judged. */
export type Dial = (options: buildConnector.Options & { address: string }, callback: buildConnector.Callback) => void

export type ConnectorOptions = ReachOptions & {
  /** For looking a name up, the connection and the TLS handshake together. */
  connectTimeoutMs: number
  /** For operators: what tenants are not told. */
  onFailure?: (failure: { host: string; port: number; error: EgressError }) => void
  resolve?: Resolver
  dial?: Dial
}

/**
 * The one place where outbound sockets are opened. The literal, or every resolved address, is judged; only a judged
 * address is dialled (a resolver that answers differently the second time is never asked again); and the address that the
 * socket really reached is judged once more.
 */
export function createGuardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { connectTimeoutMs, onFailure, resolve = resolveAll, dial = createDial(connectTimeoutMs) } = options
  const rules = createReachRules(options)

  const chooseAddress = async (host: string, service: Omit<Target, 'address'>): Promise<string> => {
    const mayReach = (address: string) => rules.mayReach({ ...service, address })
    if (isIP(host) !== 0) {
      if (!mayReach(host)) throw new EgressError('blocked_address', 'connect')
      return host
    }
    const addresses = await lookUp(resolve, host)
    const [first] = addresses
    if (first === undefined) throw new EgressError('dns_failure', 'connect')
    // One forbidden address condemns the name: whoever answers with an inside address means it.
    if (!addresses.every(mayReach)) throw new EgressError('blocked_address', 'connect')
    return first
  }

  return (request, callback) => {
    const service = { port: portOf(request), protocol: request.protocol }
    const host = hostOf(request)
    let isOver = false
    const finish = (...[error, socket]: [EgressError, null] | [null, Socket | TLSSocket]): void => {
      if (isOver) {
        socket?.destroy()
        return
      }
      isOver = true
      clearTimeout(timer)
      if (error === null) {
        callback(null, socket)
        return
      }
      onFailure?.({ host, port: service.port, error })
      callback(error, null)
    }
    // One limit for the look-up and the connection: whatever hangs, the tenant is told the same.
    const timer = setTimeout(() => finish(new EgressError('timeout', 'connect'), null), connectTimeoutMs)
    chooseAddress(host, service).then(
      (address) => {
        if (isOver) return
        dial({ ...request, address }, (error, socket) => {
          if (error !== null || socket === null) {
            finish(toConnectError(error), null)
            return
          }
          const { remoteAddress } = socket
          if (remoteAddress === undefined || !rules.mayReach({ ...service, address: unmapped(remoteAddress) })) {
            socket.destroy()
            finish(new EgressError('blocked_address', 'connect'), null)
            return
          }
          finish(null, socket)
        })
      },
      (error: unknown) => finish(error instanceof EgressError ? error : toConnectError(error), null),
    )
  }
}

function portOf({ port, protocol }: { port: string; protocol: string }): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

async function lookUp(resolve: Resolver, host: string): Promise<readonly string[]> {
  try {
    return await resolve(host)
  } catch (error) {
    throw new EgressError('dns_failure', 'connect', { cause: error })
  }
}

async function resolveAll(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

// undici's own connector does TCP and TLS; its look-up is pinned to the address that was judged.
function createDial(connectTimeoutMs: number): Dial {
  return ({ address, ...request }, callback) => {
    const family = isIP(address)
    const connect = buildConnector({
      timeout: connectTimeoutMs,
      lookup: (_hostname, lookupOptions, done) => {
        if (lookupOptions.all === true) done(null, [{ address, family }])
        else done(null, address, family)
      },
    })
    connect(request, (...[error, socket]: [Error, null] | [null, Socket | TLSSocket]) =>
      error === null ? callback(null, socket) : callback(error, null),
    )
  }
}

function unmapped(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

function toConnectError(error: unknown): EgressError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new EgressError('timeout', 'connect', { cause: error })
  if (/^ERR_(TLS|SSL)|CERT|^EPROTO|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)) {
    return new EgressError('tls_failure', 'connect', { cause: error })
  }
  return new EgressError('connect_failed', 'connect', { cause: error })
}
