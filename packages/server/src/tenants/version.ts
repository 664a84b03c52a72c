import { AppError } from '../platform/errors.ts'

/** The ETag of an object: its version in quotes. */
export function etagOf(version: number): string {
  return `"${version}"`
}

/** Refuses a write that was made for another version of the object (If-Match). Call it with the row locked. */
export function assertVersion(ifMatch: number | undefined, current: number): void {
  if (ifMatch === undefined || ifMatch === current) return
  throw new AppError('precondition_failed', 'The object was changed since: read it again.', {
    details: { current_version: current },
  })
}

// No object has this version: a tag that is none of ours never matches.
const noVersion = 0

/** The version that an If-Match header names; undefined without one and for `*`. */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const version = /^"(\d{1,9})"$/.exec(header.trim())?.[1]
  return version === undefined ? noVersion : Number(version)
}
