import { parseJson } from '@smt/engine'
import { z } from 'zod'
import { AppError, InvalidObjectError, NotFoundError, type Problem } from '../platform/errors.ts'
import { isJsonObject } from '../tenants/json-object.ts'
import { pointerOf } from '../tenants/pointer.ts'
import type { Route } from '../tenants/route.ts'
import { unstorableProblems } from '../tenants/storable-json.ts'
import { isStorableText } from '../tenants/storable-text.ts'
import { problemsOfIssue } from './issue-problems.ts'

export const bodyDepthMax = 128

/** A path that can name nothing is a path at which there is nothing. */
export function readParams(route: Route, params: Record<string, unknown>): unknown {
  const isNamed = Object.values(params).every((value) => typeof value === 'string' && isStorableText(value))
  const parsed = (route.params ?? z.object({})).safeParse(params)
  if (!isNamed || !parsed.success) throw new NotFoundError('The object')
  return parsed.data
}

/** Unknown and repeated parameters are refused: a filter that is ignored would answer too much. */
export function readQuery(route: Route, query: string): unknown {
  const given = [...new URLSearchParams(query)]
  const known = route.query instanceof z.ZodObject ? Object.keys(route.query.shape) : []
  const problems = given.flatMap(([parameter, value], index) => {
    if (!known.includes(parameter))
      return [{ parameter, code: 'unknown_parameter', message: 'This parameter is not known here.' }]
    if (given.findIndex(([other]) => other === parameter) !== index)
      return [{ parameter, code: 'repeated_parameter', message: 'This parameter is given more than once.' }]
    return isStorableText(value)
      ? []
      : [{ parameter, code: 'invalid_character', message: 'Text must not hold U+0000 or unpaired surrogates.' }]
  })
  if (problems.length > 0) throw invalidQuery(problems)
  if (route.query === undefined) return undefined
  const parsed = route.query.safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  throw invalidQuery(
    parsed.error.issues.map(({ path, message }) => ({
      parameter: String(path[0] ?? ''),
      code: 'invalid_value',
      message,
    })),
  )
}

function invalidQuery(errors: { parameter: string; code: string; message: string }[]): AppError {
  const shown = errors.map((error) => ({ ...error, parameter: error.parameter.slice(0, 100) }))
  return new AppError('invalid_request', 'The query has problems.', { details: { errors: shown } })
}

/** The JSON of a body and what the route makes of it; bodies that a service validates are passed on as they came. */
export function readBody(route: Route, bytes: unknown): { json: unknown; body: unknown } {
  const json =
    Buffer.isBuffer(bytes) && bytes.length > 0 ? parseJson(decode(bytes), { maxDepth: bodyDepthMax }) : undefined
  if (route.body === undefined) return { json, body: noBody(json) }
  if (json === undefined) throw new AppError('malformed_json', 'A JSON body is needed.')
  if (route.bodyValidation === 'service') return { json, body: json }
  const parsed = route.body.safeParse(json)
  const problems = [
    ...unstorableProblems(json),
    ...(parsed.success ? [] : parsed.error.issues.flatMap(problemsOfIssue)),
  ]
  if (problems.length > 0) throw new InvalidObjectError(problems)
  return { json, body: parsed.data }
}

function noBody(json: unknown): undefined {
  if (json === undefined || json === null) return undefined
  const keys = isJsonObject(json) ? Object.keys(json) : undefined
  if (keys?.length === 0) return undefined
  const problems: Problem[] =
    keys === undefined
      ? [{ pointer: '', code: 'invalid_type', message: 'This request takes no body.' }]
      : keys.map((key) => ({
          pointer: pointerOf([key]),
          code: 'unknown_field',
          message: 'This request takes no body.',
        }))
  throw new InvalidObjectError(problems)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new AppError('malformed_json', 'The body is not UTF-8.', { cause: error })
  }
}
