import { z } from 'zod'
import type { ApiClient } from '../api/api-client.ts'
import type { ApiProblem } from '../api/api-error.ts'
import { type Finding, inOrder } from '../config/finding.ts'
import { itemsOf } from '../json.ts'
import type { Change } from './plan-object.ts'

const validationSchema = z.object({
  errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })),
})

/**
 * Asks the server what it would say of each monitor that changes. That a network or trigger is unknown which this import
 * is to create is no problem. Throws ApiError.
 */
export async function validateMonitors(api: Pick<ApiClient, 'write'>, changes: readonly Change[]): Promise<Finding[]> {
  const created = (kind: Change['kind']) =>
    new Set(changes.filter((change) => change.kind === kind && change.action === 'create').map(({ id }) => id))
  const coming = { unknown_network: created('network'), unknown_trigger: created('trigger') }
  const findings: Finding[] = []
  for (const change of changes) {
    if (change.kind !== 'monitor' || change.action === 'unchanged') continue
    const write = { method: 'POST', path: '/monitors/validate', body: change.body } as const
    const { errors } = await api.write(write, validationSchema)
    for (const problem of errors) if (!isComing(problem, change, coming)) findings.push(findingOf(change, problem))
  }
  return inOrder(findings)
}

/** A problem of a request as one of the file that the request was made of. */
export function findingOf({ file, base }: Pick<Change, 'file' | 'base'>, problem: ApiProblem): Finding {
  const { pointer, code, message } = problem
  const isInside = pointer === '/configuration' || pointer.startsWith('/configuration/')
  return { file, pointer: base + (isInside ? pointer.slice('/configuration'.length) : ''), code, message }
}

type Coming = { unknown_network: ReadonlySet<string>; unknown_trigger: ReadonlySet<string> }

function isComing({ pointer, code }: ApiProblem, { body }: Change, coming: Coming): boolean {
  const [, field, index] = /^\/configuration\/(networks|triggers)\/(\d+)$/.exec(pointer) ?? []
  if (field === undefined || (code !== 'unknown_network' && code !== 'unknown_trigger')) return false
  const reference = itemsOf(body['configuration'], field)[Number(index)]
  return typeof reference === 'string' && coming[code].has(reference)
}
