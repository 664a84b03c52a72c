import { Agent, request as undiciRequest, type Dispatcher } from 'undici'

export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers: Record<string, string>
  body?: string | undefined
  /** From the call to the last byte of the answer. */
  timeoutMs: number
  maxBodyBytes: number
  signal?: AbortSignal | undefined
}

export type HttpResponse = { status: number; headers: Record<string, string>; body: string }

/**
 * All outbound HTTP of the command line: no redirects (a 3xx is simply the answer), bounded in time and size, never
 * compressed. There is no wall around private addresses: it is the user's own machine. Throws HttpError alone.
 */
export type Http = { send(request: HttpRequest): Promise<HttpResponse>; close(): Promise<void> }

export type HttpErrorCode = 'invalid_url' | 'unreachable' | 'timeout' | 'body_too_large' | 'aborted'

/** No usable answer. The message never holds the URL, whose path may be a key. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  /** By this name the RPC pool knows it. */
  readonly tenantCode: HttpErrorCode

  constructor(tenantCode: HttpErrorCode, cause?: unknown) {
    super(messages[tenantCode], cause === undefined ? {} : { cause })
    this.tenantCode = tenantCode
  }
}

const messages: Record<HttpErrorCode, string> = {
  invalid_url: 'the URL is not an http or https URL',
  unreachable: 'it cannot be reached',
  timeout: 'it did not answer in time',
  body_too_large: 'its answer is too large',
  aborted: 'the request was interrupted',
}

/** Connections are kept until `close`. */
export function createHttp(): Http {
  const agent = new Agent({ connect: { timeout: 10_000 }, pipelining: 1 })
  return {
    send: async ({ method, url, headers, body, timeoutMs, maxBodyBytes, signal }) => {
      const { target, authorization } = targetOf(url)
      const deadline = AbortSignal.timeout(timeoutMs)
      try {
        const response = await undiciRequest(target, {
          dispatcher: agent,
          method,
          headers: { ...authorization, ...headers },
          ...(body === undefined ? {} : { body }),
          signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        })
        return {
          status: response.statusCode,
          headers: flat(response.headers),
          body: await readBody(response.body, maxBodyBytes),
        }
      } catch (error) {
        if (error instanceof HttpError) throw error
        if (signal?.aborted === true) throw new HttpError('aborted', error)
        throw new HttpError(deadline.aborted || isTimeout(error) ? 'timeout' : 'unreachable', error)
      }
    },
    close: () => agent.destroy(),
  }
}

/** Where a request goes, for messages: never more of a URL than this. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an invalid URL'
}

function targetOf(text: string): { target: URL; authorization: Record<string, string> } {
  if (!URL.canParse(text)) throw new HttpError('invalid_url')
  const target = new URL(text)
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw new HttpError('invalid_url')
  if (target.username === '' && target.password === '') return { target, authorization: {} }
  const credentials = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`
  target.username = ''
  target.password = ''
  return { target, authorization: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } }
}

async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk as Uint8Array)
    sizeBytes += bytes.length
    if (sizeBytes > maxBytes) {
      body.destroy()
      throw new HttpError('body_too_large')
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return Object.fromEntries(entries)
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).endsWith('_TIMEOUT')
}
