import { createHash, createHmac } from 'node:crypto'
import type pg from 'pg'
import type { Clock } from '../clock.ts'

/**
 * What a transaction may do: work as one tenant, found a tenant with its first owner, or answer for a person or a key
 * before a tenant is known.
 */
export type ContextSubject = `tenant:${string}` | `founding:${string}` | 'identity'

/** Makes contexts that `app.current_tenant()` believes, for a minute each. */
export type SignContext = (subject: ContextSubject) => string

/** How long after its signature a transaction may begin. */
const lifetimeS = 60

const blockSizeBytes = 64

/**
 * Signs contexts as `<subject>.<expiry>.<key id>.<HMAC-SHA256>`. A signature costs some microseconds, so none is kept.
 * `key` has 32 bytes and is derived from the master key: every replica signs alike.
 */
export function createContextSigner(key: Buffer, clock: Pick<Clock, 'now'>): SignContext {
  const kid = keyIdOf(key)
  return (subject) => {
    const expiresAt = Math.floor(clock.now().getTime() / 1000) + lifetimeS
    const signed = `${subject}.${expiresAt}.${kid}`
    return `${signed}.${createHmac('sha256', key).update(signed).digest('hex')}`
  }
}

/**
 * Makes the key known to the database, where no login can read it; harmless when it is known. Must run as the platform
 * login. Returns what the database's clock says.
 */
export async function installContextKey(client: pg.ClientBase, key: Buffer): Promise<Date> {
  const padded = (filler: number) => Buffer.from(Buffer.alloc(blockSizeBytes).map((_, n) => (key[n] ?? 0) ^ filler))
  const { rows } = await client.query<{ now: Date }>('select app.install_context_key($1, $2, $3) as now', [
    keyIdOf(key),
    padded(0x36),
    padded(0x5c),
  ])
  const [row] = rows
  if (row === undefined) throw new Error('the context key was not installed')
  return row.now
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('context key id').update(key).digest('hex').slice(0, 16)
}
