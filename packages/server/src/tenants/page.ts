import { parseJson, stringifyJson, type JsonValue } from '@smt/engine'
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import { unstorableProblems } from './storable-json.ts'

/** One page of a list; `next_cursor` is null on the last one. */
export type Page<Item> = { items: Item[]; next_cursor: string | null }

/** The query of every list, to be spread into its Zod object. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'How many items to answer at most.' }),
  cursor: z.string().min(1).max(1_000).optional().meta({ description: 'The next_cursor of the page before.' }),
}

/** The page of rows that were asked for with `limit + 1`: the extra one only says that there is more. */
export function page<Item>(rows: readonly Item[], limit: number, toCursor: (last: Item) => string): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: rows.length > limit && last !== undefined ? toCursor(last) : null }
}

/** The answer of a list whose items have this schema. */
export function pageAnswer<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}

/** An opaque text that holds the sort key of the last item. */
export function encodeCursor(values: readonly JsonValue[]): string {
  return Buffer.from(stringifyJson(values)).toString('base64url')
}

/** Reads a cursor back; it came from a client, so whatever does not fit is a 400. */
export function decodeCursor<T>(text: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(valuesIn(text))
  if (!parsed.success) throw invalidCursor(parsed.error)
  return parsed.data
}

function valuesIn(text: string): JsonValue {
  try {
    const values = parseJson(Buffer.from(text, 'base64url').toString('utf8'), { maxDepth: 4 })
    if (unstorableProblems(values).length === 0) return values
  } catch (error) {
    throw invalidCursor(error)
  }
  throw invalidCursor(undefined)
}

function invalidCursor(cause: unknown): AppError {
  return new AppError('invalid_request', 'The cursor is not one of this list.', { cause })
}
