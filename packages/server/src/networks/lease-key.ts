import { createHash } from 'node:crypto'

/** Own networks share 256 leases (design 7.6): the bucket of a source is the first byte of the SHA-256 of its id. */
export function ownLeaseKey(sourceId: string): string {
  return `own:${createHash('sha256').update(sourceId).digest()[0]}`
}

/** A shared network is leased singly. */
export function sharedLeaseKey(sourceId: string): string {
  return `shared:${sourceId}`
}
