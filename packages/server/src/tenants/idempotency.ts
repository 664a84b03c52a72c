import { createHash } from 'node:crypto'
import { parseJson, stringifyJson } from '@smt/engine'
import { z } from 'zod'
import type { Database } from '../platform/db/doors.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { AppError } from '../platform/errors.ts'
import type { SecretPlace } from '../platform/secrets.ts'
import { claimIdempotencyKey, findStoredReply, storeReply } from './idempotency-store.ts'
import type { Actor, RouteReply } from './route.ts'
import type { TenantKeys } from './tenant-key-service.ts'

export type WriteRequest = {
  tenantId: string
  /** The Idempotency-Key, when the client sent one. */
  key: string | undefined
  actor: Actor
  method: string
  path: string
  body: unknown
}

/**
 * Runs a write in one transaction of its tenant. With a key the reply is stored in that transaction, sealed (it may hold
 * a fresh API key), and repeated to whoever sends the same request again; a failure stores nothing. Keys live 24 hours.
 */
export type WriteOnce = (request: WriteRequest, fn: (tx: TenantTx) => Promise<RouteReply>) => Promise<RouteReply>

export function createWriteOnce({
  database,
  tenantKeys,
}: {
  database: Pick<Database, 'withTenant'>
  tenantKeys: TenantKeys
}): WriteOnce {
  const replay = async (tx: TenantTx, tenantId: string, key: string, fingerprint: Buffer): Promise<RouteReply> => {
    const stored = await findStoredReply(tx, tenantId, key)
    if (stored === undefined)
      throw new AppError('busy', 'A request with this Idempotency-Key is in progress.', { retryAfterS: 1 })
    if (!stored.fingerprint.equals(fingerprint)) {
      throw new AppError('idempotency_key_reused', 'This Idempotency-Key was used for another request.')
    }
    if (stored.status === null || stored.sealedResponse === null) throw new Error('a stored reply is incomplete')
    const secrets = await tenantKeys.forTenant(tx, tenantId)
    const { body, headers } = readReply(secrets.open(stored.sealedResponse, placeOf(tenantId, key)))
    return { status: stored.status, body, headers: { ...headers, 'idempotency-replayed': 'true' } }
  }

  return ({ tenantId, key, ...request }, fn) =>
    database.withTenant(tenantId, {}, async (tx) => {
      if (key === undefined) return fn(tx)
      const fingerprint = fingerprintOf(request)
      if (!(await claimIdempotencyKey(tx, tenantId, { key, fingerprint })))
        return replay(tx, tenantId, key, fingerprint)
      const reply = await fn(tx)
      const secrets = await tenantKeys.forTenant(tx, tenantId)
      const sealedResponse = secrets.seal(writeReply(reply), placeOf(tenantId, key))
      await storeReply(tx, tenantId, { key, status: reply.status, sealedResponse })
      return reply
    })
}

/** Reads the header: 1 to 255 printable ASCII characters. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || /^[\x21-\x7e]{1,255}$/.test(header)) return header
  throw new AppError('invalid_request', 'An Idempotency-Key has 1 to 255 printable ASCII characters without spaces.')
}

// The caller belongs to it: one member's key must not fetch what was answered to another.
function fingerprintOf({ actor, method, path, body }: Omit<WriteRequest, 'tenantId' | 'key'>): Buffer {
  const parts = [actor.kind, actor.id, method, path, body ?? null]
  return createHash('sha256').update(stringifyJson(parts)).digest()
}

function placeOf(tenantId: string, key: string): SecretPlace {
  return { tenantId, table: 'idempotency_keys', rowId: key, column: 'sealed_response' }
}

const storedReply = z.object({
  headers: z.record(z.string(), z.string()),
  body: z.custom<unknown>((value) => value !== undefined).optional(),
})

function writeReply({ body, headers = {} }: RouteReply): string {
  return stringifyJson(body === undefined ? { headers } : { headers, body })
}

function readReply(text: string): z.output<typeof storedReply> {
  return storedReply.parse(parseJson(text, { maxDepth: 1_000 }))
}
