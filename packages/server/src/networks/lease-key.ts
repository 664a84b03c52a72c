import { createHash } from 'node:crypto'

/**
 * Own networks share 256 leases (design 7.6): the bucket of a source is the first byte of the SHA-256 of its tenant's id.
 * So all own networks of a tenant are led by one process, which knows what the tenant's nodes are asked.
 */
export function ownLeaseKey(tenantId: string): string {
  return `own:${createHash('sha256').update(tenantId).digest()[0]}`
}

/** A shared network is leased singly. */
export function sharedLeaseKey(sourceId: string): string {
  return `shared:${sourceId}`
}
