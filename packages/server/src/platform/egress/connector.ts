import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import { classifyAddress, isAllowed, type AddressRange } from './address.ts'
import { EgressError } from './egress-error.ts'
import { hostOf } from './outbound-url.ts'

/** All addresses of a host name. */
export type Resolver = (hostname: string) => Promise<readonly string[]>

/** Opens the socket to an address that has been judged. */
export type Dial = (options: buildConnector.Options & { address: string }, callback: buildConnector.Callback) => void

export type ConnectorOptions = {
  allow: readonly AddressRange[]
  connectTimeoutMs: number
  resolve?: Resolver
  dial?: Dial
}

/**
 * The one place where outbound sockets are opened. The literal, or every resolved address, is judged; only a judged
 * address is dialled (a resolver that answers differently the second time is never asked again); and the address that the
 * socket really reached is judged once more.
 */
export function createGuardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { allow, resolve = resolveAll, dial = createDial(options.connectTimeoutMs) } = options
  const mayReach = (address: string) => classifyAddress(address) === 'public' || isAllowed(address, allow)

  const chooseAddress = async (host: string): Promise<string> => {
    if (isIP(host) !== 0) {
      if (!mayReach(host)) throw new EgressError('blocked_address', 'connect')
      return host
    }
    let addresses: readonly string[]
    try {
      addresses = await resolve(host)
    } catch (error) {
      throw new EgressError('dns_failure', 'connect', { cause: error })
    }
    const [first] = addresses
    if (first === undefined) throw new EgressError('dns_failure', 'connect')
    // One forbidden address condemns the name: whoever answers with an inside address means it.
    if (!addresses.every(mayReach)) throw new EgressError('blocked_address', 'connect')
    return first
  }

  return (request, callback) => {
    chooseAddress(hostOf(request)).then(
      (address) =>
        dial({ ...request, address }, (error, socket) => {
          if (error !== null || socket === null) {
            callback(toConnectError(error), null)
            return
          }
          if (socket.remoteAddress === undefined || !mayReach(unmapped(socket.remoteAddress))) {
            socket.destroy()
            callback(new EgressError('blocked_address', 'connect'), null)
            return
          }
          callback(null, socket)
        }),
      (error: Error) => callback(error, null),
    )
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

function toConnectError(error: Error | null): EgressError {
  const code = error !== null && 'code' in error ? String(error.code) : ''
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new EgressError('timeout', 'connect', { cause: error })
  if (/^ERR_(TLS|SSL)|CERT|^EPROTO|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)) {
    return new EgressError('tls_failure', 'connect', { cause: error })
  }
  return new EgressError('connect_failed', 'connect', { cause: error })
}
