import { JsonSyntaxError, type JsonValue, parseJson, stringifyJson } from '@smt/engine'
import { z } from 'zod'
import { HttpError, hostOf, type Http, type HttpResponse } from '../http.ts'
import { ApiError, errorOfAnswer } from './api-error.ts'
import type { Connection } from './connection.ts'

export type ApiWrite = {
  method: 'POST' | 'PUT' | 'DELETE'
  path: string
  body?: JsonValue
  /** The version that must still be there. */
  ifMatch?: number | undefined
  /** Repeating the request with the same key gives the first answer, so a lost answer can be asked for again. */
  idempotencyKey?: string
}

type ApiRequest = Omit<ApiWrite, 'method'> & { method: 'GET' | ApiWrite['method'] }

/** One tenant's part of the API; paths begin below `/api/v1/tenants/{slug}`. All functions throw ApiError. */
export type ApiClient = {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>
  /** All pages of a list. */
  list<T>(path: string, item: z.ZodType<T>): Promise<T[]>
  write<T>(write: ApiWrite, schema: z.ZodType<T>): Promise<T>
}

export type ApiClientDeps = {
  http: Pick<Http, 'send'>
  wait: (ms: number) => Promise<void>
  /** Ends whatever is asked. Leave it out where something must be finished or undone. */
  signal?: AbortSignal
}

const timeoutMs = 30_000
const maxBodyBytes = 64 * 1_048_576
const attemptsMax = 4

/** Busy answers and lost connections are tried again: every request is a read or carries an Idempotency-Key. */
export function createApiClient(
  { http, wait, signal }: ApiClientDeps,
  { baseUrl, tenant, apiKey }: Connection,
): ApiClient {
  const sendOnce = ({ method, path, body, ifMatch, idempotencyKey }: ApiRequest) =>
    http.send({
      method,
      url: `${baseUrl}/api/v1/tenants/${encodeURIComponent(tenant)}${path}`,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: body === undefined ? undefined : stringifyJson(body),
      timeoutMs,
      maxBodyBytes,
      signal,
    })

  const send = async (request: ApiRequest): Promise<JsonValue | undefined> => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await sendOnce(request).catch(lostAnswer(baseUrl, request.method))
      if (outcome instanceof ApiError || isBusy(outcome)) {
        if (attempt < attemptsMax && signal?.aborted !== true) {
          await wait(pauseMs(outcome, attempt))
          continue
        }
        if (outcome instanceof ApiError) throw outcome
      }
      return readAnswer(outcome)
    }
  }

  const get: ApiClient['get'] = async (path, schema) => accept(schema, await send({ method: 'GET', path }))

  return {
    get,
    list: async (path, item) => {
      const page = z.object({ items: z.array(item), next_cursor: z.string().nullable() })
      const items: z.output<typeof page>['items'] = []
      let cursor: string | null = null
      do {
        const query = new URLSearchParams({ limit: '200', ...(cursor === null ? {} : { cursor }) })
        const answer: z.output<typeof page> = await get(`${path}?${query.toString()}`, page)
        items.push(...answer.items)
        cursor = answer.next_cursor
      } while (cursor !== null)
      return items
    },
    write: async (write, schema) => accept(schema, await send(write)),
  }
}

function lostAnswer(baseUrl: string, method: string): (error: unknown) => ApiError {
  return (error) => {
    if (!(error instanceof HttpError)) throw error
    const message = `The server at ${hostOf(baseUrl)} gave no answer: ${error.message}.`
    return new ApiError(message, { code: error.tenantCode, isUnknown: method !== 'GET' })
  }
}

function isBusy(outcome: HttpResponse | ApiError): boolean {
  return !(outcome instanceof ApiError) && [429, 502, 503, 504].includes(outcome.status)
}

function pauseMs(outcome: HttpResponse | ApiError, attempt: number): number {
  const asked = outcome instanceof ApiError ? undefined : outcome.headers['retry-after']
  return asked !== undefined && /^\d{1,2}$/.test(asked) ? Number(asked) * 1_000 : 250 * 2 ** attempt
}

function readAnswer({ status, body }: HttpResponse): JsonValue | undefined {
  let parsed: JsonValue | undefined
  try {
    parsed = body === '' ? undefined : parseJson(body, { maxDepth: 1_000 })
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
  }
  if (status >= 200 && status < 300) return parsed
  throw errorOfAnswer(status, parsed)
}

function accept<T>(schema: z.ZodType<T>, answer: JsonValue | undefined): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const message = `The server answered something that this version does not understand (at ${issue?.path.join('/') ?? ''}).`
  throw new ApiError(message, { code: 'invalid_answer' })
}
