import { triggerSchema, type TriggerConfig } from '@smt/engine'
import { sqlStateOf } from '../platform/db/database-error.ts'
import type { Database } from '../platform/db/doors.ts'
import { SecretError } from '../platform/secrets.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import { openConfiguration } from '../tenants/secret-configuration.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import {
  claimDeliveries,
  listContents,
  type ClaimOptions,
  type DeliveryContent,
  type LeasedDelivery,
} from './dispatch-store.ts'

/** A leased delivery with what it needs to be sent. */
export type ClaimedDelivery = {
  delivery: LeasedDelivery
  content: DeliveryContent
  /** The trigger as it is now, secrets in clear; undefined when it was deleted; an error when it cannot be read. */
  trigger: TriggerConfig | Error | undefined
}

export type ClaimDeps = { database: Pick<Database, 'withPlatform'>; tenantKeys: TenantKeys }

/** Leases what is due and loads it, in one transaction; nothing is sent inside. */
export async function claim({ database, tenantKeys }: ClaimDeps, options: ClaimOptions): Promise<ClaimedDelivery[]> {
  return database.withPlatform(async (tx) => {
    const leased = await claimDeliveries(tx, options)
    if (leased.length === 0) return []
    const contents = new Map((await listContents(tx, leased)).map((content) => [content.id, content]))
    const claimed: ClaimedDelivery[] = []
    for (const delivery of leased) {
      const content = contents.get(delivery.id)
      if (content === undefined) throw new Error('a delivery that was just leased cannot be read')
      claimed.push({ delivery, content, trigger: await openTrigger({ tx, tenantKeys }, delivery, content) })
    }
    return claimed
  })
}

async function openTrigger(
  { tx, tenantKeys }: { tx: PlatformTx; tenantKeys: TenantKeys },
  { tenantId, triggerId }: LeasedDelivery,
  content: DeliveryContent,
): Promise<TriggerConfig | Error | undefined> {
  if (content.trigger === null) return undefined
  try {
    const secrets = await tenantKeys.forTenant(tx, tenantId)
    const place = { tenantId, table: 'triggers', rowId: triggerId, column: 'configuration' }
    return triggerSchema.parse(openConfiguration('trigger', content.trigger, { secrets, place }))
  } catch (error) {
    // One tenant's broken secret must not stop the others. A failure of the database ends the transaction, whose commit
    // would fail as well: thrown here it keeps its cause.
    const isOfDatabase = !(error instanceof SecretError) && sqlStateOf(error) !== undefined
    if (error instanceof Error && !isOfDatabase) return error
    throw error
  }
}
