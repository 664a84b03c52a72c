import { parseJson } from '@smt/engine'
import type { Canary } from '../tenants/canary-service.ts'
import { isJsonObject } from '../tenants/json-object.ts'
import type { Route } from '../tenants/route.ts'
import { markOf, type ProbeReply, type ProbeRequest } from './canary-objects.ts'

/** What a look at the wall found. */
export type Findings = {
  attempts: number
  /** Ways in which one canary saw something of the other: operation or table, and how. */
  leaks: string[]
  /** Attempts that prove nothing, since they did not go as they do where all is well. */
  problems: string[]
  /** Operations on an object of a kind that canaries have none of. */
  unprobed: string[]
}

const nothing = '018f0000-0000-7000-8000-00000000dead'

/**
 * Lets `reader` try every operation that reads: on the other's tenant, with the other's ids in its own tenant, and on its
 * own lists. The owner itself tries each first: an id that finds nothing there proves nothing.
 */
export async function readThroughApi(
  { request, routes }: { request: ProbeRequest; routes: readonly Route[] },
  { reader, owner }: { reader: Canary; owner: Canary },
): Promise<Findings> {
  const found: Findings = { attempts: 0, leaks: [], problems: [], unprobed: [] }
  const readable = routes.filter(({ method, access }) => method === 'GET' && access !== 'public')
  const ids = await idsOf(request, readable, owner)
  const secrets = [markOf(owner), owner.tenantId, owner.userId]
  const tells = ({ text }: ProbeReply) => secrets.some((secret) => text.includes(secret))
  const judge = (what: string, reply: ProbeReply, isRight: boolean) => {
    found.attempts += 1
    if (tells(reply) || (!isRight && isSuccess(reply))) found.leaks.push(what)
    else if (!isRight) found.problems.push(`${what}: ${reply.status}`)
  }
  for (const route of readable) {
    const name = route.operationId
    const read = ({ token }: Canary, slug: string) => request('GET', pathOf(route, { slug, ids }), { token })
    const isOfObject = paramsOf(route).length > 0
    if (route.access !== 'tenant') {
      judge(`${name} of its own`, await read(reader, reader.slug), true)
      continue
    }
    const isKnown = paramsOf(route).every((param) => ids.has(param))
    if (!isKnown) found.unprobed.push(name)
    else if (!isSuccess(await read(owner, owner.slug))) found.problems.push(`${name} by its owner`)
    const foreign = await read(reader, owner.slug)
    judge(`${name} of the other tenant`, foreign, foreign.status === 404)
    const own = await read(reader, reader.slug)
    judge(`${name} in its own tenant`, own, own.status === (isOfObject ? 404 : 200))
  }
  return found
}

/** What the lists of a canary name, by the path parameter that takes it: `monitor_id` is in `/monitors` in front of it. */
async function idsOf(
  request: ProbeRequest,
  routes: readonly Route[],
  { slug, token, userId }: Canary,
): Promise<Map<string, string>> {
  const ids = new Map([['user_id', userId]])
  for (const route of routes) {
    const param = paramsOf(route)[0]
    const list = route.path.split(`/:${param}`)[0]
    if (param === undefined || list === undefined || ids.has(param)) continue
    const { status, text } = await request('GET', list.replace(':slug', slug), { token })
    const answer = status === 200 ? parseJson(text) : undefined
    const items = isJsonObject(answer) && Array.isArray(answer['items']) ? answer['items'] : []
    const item = items.find(isJsonObject)
    const id = item?.[param] ?? item?.['id']
    if (typeof id === 'string') ids.set(param, id)
  }
  return ids
}

function paramsOf({ path }: Route): string[] {
  return [...path.matchAll(/:([A-Za-z_]+)/g)].map(([, name = '']) => name).filter((name) => name !== 'slug')
}

function pathOf({ path }: Route, { slug, ids }: { slug: string; ids: Map<string, string> }): string {
  return path.replaceAll(/:([A-Za-z_]+)/g, (_, name: string) => (name === 'slug' ? slug : (ids.get(name) ?? nothing)))
}

function isSuccess({ status }: ProbeReply): boolean {
  return status >= 200 && status < 300
}
