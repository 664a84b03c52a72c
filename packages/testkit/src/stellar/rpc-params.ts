import { errorCode, NodeError } from './rpc-error.ts'

export type Params = Record<string, unknown>

/** Parameters of a call: an object, or nothing. */
export function readParams(params: unknown): Params {
  if (params === null || params === undefined || (Array.isArray(params) && params.length === 0)) return {}
  if (typeof params === 'object' && !Array.isArray(params)) return { ...params }
  throw new NodeError(errorCode.invalidParams, 'parameters must be an object')
}

/** A ledger sequence; 0 when it is absent, as nodes take it. */
export function readSequence(params: Params, name: string): number {
  const value = params[name]
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
    throw new NodeError(errorCode.invalidParams, `invalid ${name}`)
  return value
}

export type Page = { cursor: string; limit: number | undefined }

export function readPage(params: Params): Page {
  const pagination = params['pagination']
  if (pagination === undefined || pagination === null) return { cursor: '', limit: undefined }
  const { cursor = '', limit } = readParams(pagination)
  if (typeof cursor !== 'string') throw new NodeError(errorCode.invalidParams, 'invalid cursor')
  if (limit !== undefined && (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0))
    throw new NodeError(errorCode.invalidParams, 'invalid limit')
  return { cursor, limit: limit === 0 ? undefined : limit }
}

export function checkFormat(params: Params): void {
  const format = params['xdrFormat']
  if (format === undefined || format === '' || format === 'base64') return
  throw new NodeError(errorCode.invalidParams, `the simulator answers base64 only, not ${JSON.stringify(format)}`)
}
