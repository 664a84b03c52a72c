import { z } from 'zod'

export type JsonSchema = { [key: string]: unknown }

/**
 * Turns Zod schemas into JSON Schema 2020-12 (the dialect of OpenAPI 3.1). Schemas with an id, and recursive ones, become
 * components that are referred to; the same id with another content gets another name.
 */
export type SchemaCollector = {
  add(schema: z.ZodType, use: { io: 'input' | 'output'; name: string }): JsonSchema
  components(): Record<string, JsonSchema>
}

export function createSchemaCollector(): SchemaCollector {
  const components = new Map<string, JsonSchema>()
  const sources = new Map<string, string>()

  /** The name under which this content is, or will be, a component. */
  const nameFor = (wanted: string, source: string): string => {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wanted : `${wanted}${number}`
      const known = sources.get(name)
      if (known === undefined) sources.set(name, source)
      if (known === undefined || known === source) return name
    }
  }

  return {
    components: () => Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),

    add: (schema, { io, name }) => {
      const { $schema: _dialect, $defs, id, ...root } = toJsonSchema(schema, io)
      const definitions = isObject($defs) ? $defs : {}
      const refersToItself = JSON.stringify([root, definitions]).includes('"$ref":"#"')
      const rootName = typeof id === 'string' ? id : refersToItself ? capitalised(name) : undefined
      const names = new Map(
        Object.entries(definitions).map(([key, definition]) => {
          const wanted = key.startsWith('__') ? `${capitalised(name)}${key.replaceAll('_', '')}` : key
          return [`#/$defs/${key}`, nameFor(wanted, JSON.stringify([definition, key.startsWith('__') && definitions]))]
        }),
      )
      const ownName = rootName === undefined ? undefined : nameFor(rootName, JSON.stringify(stripId(root)))
      if (ownName !== undefined) names.set('#', ownName)
      for (const [key, definition] of Object.entries(definitions)) {
        const component = names.get(`#/$defs/${key}`)
        if (component !== undefined && isObject(definition))
          components.set(component, stripId(rewritten(definition, names)))
      }
      const result = rewritten(root, names)
      if (ownName === undefined) return result
      components.set(ownName, result)
      return { $ref: `#/components/schemas/${ownName}` }
    },
  }
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return {
    ...z.toJSONSchema(schema, {
      io,
      target: 'draft-2020-12',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'bigint') jsonSchema.type = 'integer'
      },
    }),
  }
}

function rewritten(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, rewrittenValue(key, value, names)]))
}

function rewrittenValue(key: string, value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (key === '$ref' && typeof value === 'string') {
    const name = names.get(value)
    if (name === undefined) throw new Error(`a schema refers to ${value}, which is not there`)
    return `#/components/schemas/${name}`
  }
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? rewritten(item, names) : item))
  return isObject(value) ? rewritten(value, names) : value
}

function stripId({ id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
