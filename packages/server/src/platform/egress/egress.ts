import type { Socket } from 'node:net'
import { Agent, errors, request as undiciRequest, type Dispatcher } from 'undici'
import { parseRange } from './address.ts'
import type { Logger } from '../logger.ts'
import { createGuardedConnector, type ConnectorOptions } from './connector.ts'
import { EgressError, type EgressErrorCode } from './egress-error.ts'
import { parseOutboundUrl } from './outbound-url.ts'
import { openTcpConnection, type ConnectTarget } from './tcp-connection.ts'

export type EgressRequest = {
  url: string
  method: string
  headers: Record<string, string>
  body?: string
  /** From the call to the last byte of the answer. */
  timeoutMs: number
  maxBodyBytes: number
  signal?: AbortSignal
}

export type EgressResponse = { status: number; headers: Record<string, string>; body: string; durationMs: number }

/**
 * Everything outbound of the server (security.md 4, item 1): public addresses only unless the operator allows more, no
 * redirects (a 3xx is simply the answer), bounded in time and size. Compression is not asked for and an answer is never
 * expanded. Throws EgressError alone.
 */
export type Egress = {
  request(request: EgressRequest): Promise<EgressResponse>
  /** A TCP connection to a judged address, for what is not HTTP. It belongs to the caller: `close` does not end it. */
  connect(target: ConnectTarget): Promise<Socket>
  close(): Promise<void>
}

export type EgressOptions = Pick<ConnectorOptions, 'ownAddresses' | 'resolve' | 'dial'> & {
  /** CIDRs that may be reached besides public addresses, on any port. */
  allow: readonly string[]
  /** CIDRs that are never reached, whatever else is said. */
  deny?: readonly string[]
  logger?: Pick<Logger, 'info' | 'warn'>
  connectTimeoutMs?: number
  connectionsPerHost?: number
}

export function createEgress(options: EgressOptions): Egress {
  const { allow, deny = [], logger, connectTimeoutMs = 5_000, connectionsPerHost = 16, ...parts } = options
  const connector = createGuardedConnector({
    ...parts,
    allow: allow.map(parseRange),
    deny: deny.map(parseRange),
    connectTimeoutMs,
    onFailure: ({ host, port, error: { code, cause } }) => {
      if (code === 'blocked_address') logger?.warn({ host, port }, 'an outbound connection was refused')
      else logger?.info({ host, port, code, err: cause }, 'an outbound connection could not be made')
    },
  })
  const agent = new Agent({
    connect: connector,
    connections: connectionsPerHost,
    maxHeaderSize: 16_384,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
    pipelining: 1,
  })

  const send = async (request: EgressRequest): Promise<EgressResponse> => {
    const url = parseOutboundUrl(request.url)
    const startedAt = performance.now()
    const deadline = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal])
    try {
      const response = await undiciRequest(url, {
        dispatcher: agent,
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
        signal,
        headersTimeout: request.timeoutMs,
        bodyTimeout: request.timeoutMs,
      })
      const body = await readBody(response.body, request.maxBodyBytes)
      return {
        status: response.statusCode,
        headers: flattenHeaders(response.headers),
        body,
        durationMs: Math.round(performance.now() - startedAt),
      }
    } catch (error) {
      throw toEgressError(error, { isTimeout: deadline.aborted, isAborted: request.signal?.aborted === true })
    }
  }

  return {
    request: send,
    connect: (target) => openTcpConnection(connector, target),
    close: () => agent.destroy(),
  }
}

async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk as Uint8Array)
    sizeBytes += bytes.length
    if (sizeBytes > maxBytes) {
      body.destroy()
      throw new EgressError('body_too_large', 'request')
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function flattenHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}

function toEgressError(
  error: unknown,
  { isTimeout, isAborted }: { isTimeout: boolean; isAborted: boolean },
): EgressError {
  const known = findEgressError(error)
  if (known !== undefined) return known
  if (isAborted) return new EgressError('aborted', 'request', { cause: error })
  if (isTimeout) return new EgressError('timeout', 'request', { cause: error })
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  // The parser does not always know a code for what it met.
  const isNotHttp = error instanceof errors.HTTPParserError
  return new EgressError(codeByUndici[code] ?? (isNotHttp ? 'invalid_response' : 'connection_lost'), 'request', {
    cause: error,
  })
}

function findEgressError(error: unknown): EgressError | undefined {
  for (let part: unknown = error; part instanceof Error; part = part.cause) if (part instanceof EgressError) return part
  return undefined
}

const codeByUndici: Record<string, EgressErrorCode> = {
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'body_too_large',
  UND_ERR_RESPONSE_CONTENT_LENGTH_MISMATCH: 'connection_lost',
  UND_ERR_INVALID_ARG: 'invalid_url',
}
