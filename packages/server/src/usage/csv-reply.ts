import type { RouteReply } from '../tenants/route.ts'
import { toCsv } from './csv.ts'

/** What a route that answers CSV as well declares in `otherTypes`. */
export const csvType = { 'text/csv': 'RFC 4180 with a header; text that looks like a formula is led by an apostrophe.' }

/** `format` has the last word, then Accept. */
export function isCsvWanted(format: 'json' | 'csv' | undefined, accept = ''): boolean {
  if (format !== undefined) return format === 'csv'
  const types = accept.split(',').map((part) => part.split(';')[0]?.trim().toLowerCase())
  return types.includes('text/csv') && !types.includes('application/json')
}

/** `next`: the query of the next page, when there is one; it is named in the header `Link`. */
export function csvReply(
  rows: readonly (readonly (string | number)[])[],
  next: Record<string, unknown> | undefined,
): RouteReply {
  const headers = next === undefined ? {} : { link: `<?${searchOf(next)}>; rel="next"` }
  return { status: 200, text: { type: 'text/csv', content: toCsv(rows) }, headers }
}

function searchOf(query: Record<string, unknown>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()
}
