/** A field of a request body that may hold where to connect to: `createTrigger /configuration/config/url`. */
export type UrlField = { operationId: string; pointer: string }

type Json = Record<string, unknown>

const namesPlace = /ur[il]|host|endpoint|callback|domain|server|address_of|proxy|link/i
const saysPlace = /\burl\b|\buri\b|https?:\/\/|host name|smtp server/i

/**
 * Every such field of every operation of an OpenAPI document, by name, format and description. Lists are `*`, and so are the
 * keys of objects that take any.
 */
export function listUrlFields(document: Json): UrlField[] {
  const found = new Map<string, UrlField>()
  for (const item of Object.values(objectOf(document['paths']))) {
    for (const operation of Object.values(objectOf(item)).map(objectOf)) {
      const { operationId } = operation
      const content = objectOf(objectOf(operation['requestBody'])['content'])
      const { schema } = objectOf(content['application/json'])
      if (typeof operationId !== 'string' || schema === undefined) continue
      const collect = (pointer: string) => found.set(`${operationId} ${pointer}`, { operationId, pointer })
      walk(objectOf(schema), { document, pointer: '', seen: [], collect })
    }
  }
  return [...found.values()]
}

type Walk = { document: Json; pointer: string; seen: readonly string[]; collect: (pointer: string) => void }

function walk(schema: Json, { document, pointer, seen, collect }: Walk): void {
  const { $ref } = schema
  if (typeof $ref === 'string') {
    if (!seen.includes($ref)) walk(resolve(document, $ref), { document, pointer, seen: [...seen, $ref], collect })
    return
  }
  const into = (part: unknown, key?: string) =>
    walk(objectOf(part), { document, pointer: key === undefined ? pointer : `${pointer}/${key}`, seen, collect })
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) for (const part of listOf(schema[keyword])) into(part)
  for (const keyword of ['items', 'additionalProperties'])
    if (typeof schema[keyword] === 'object') into(schema[keyword], '*')
  for (const [name, property] of Object.entries(objectOf(schema['properties']))) {
    const { format, description } = objectOf(property)
    const isNamed = namesPlace.test(name) || format === 'uri' || format === 'hostname'
    // What holds fields is described by them.
    const isLeaf = objectOf(property)['type'] === 'string'
    if (isNamed || (isLeaf && typeof description === 'string' && saysPlace.test(description)))
      collect(`${pointer}/${name}`)
    else into(property, name)
  }
}

function resolve(document: Json, ref: string): Json {
  return ref
    .split('/')
    .slice(1)
    .reduce((place, key) => objectOf(place[key]), document)
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
