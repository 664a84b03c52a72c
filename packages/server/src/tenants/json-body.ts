import type { JsonValue } from '@smt/engine'

/** The body of a route whose service validates it: the API made it with `parseJson`, so it is JSON and nothing else. */
export function jsonBodyOf(body: unknown): JsonValue {
  return body as JsonValue
}
