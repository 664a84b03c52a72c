import { triggerSchema, type TriggerConfig } from '@smt/engine'
import { sqlStateOf } from '../platform/db/database-error.ts'
import type { Database } from '../platform/db/doors.ts'
import { SecretError } from '../platform/secrets.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import { openConfiguration } from '../tenants/secret-configuration.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import { leaseDeliveries, listDue, takeProbes, type DueDelivery, type DueOptions } from './claim-store.ts'
import { listContents, type DeliveryContent, type LeasedDelivery } from './dispatch-store.ts'
import type { TenantPicker } from './tenant-picker.ts'

/** A leased delivery with what it needs to be sent. */
export type ClaimedDelivery = {
  delivery: LeasedDelivery
  content: DeliveryContent
  /** The trigger as it is now, secrets in clear; undefined when it was deleted; an error when it cannot be read. */
  trigger: TriggerConfig | Error | undefined
}

export type ClaimDeps = { database: Pick<Database, 'withPlatform'>; tenantKeys: TenantKeys }

export type ClaimOptions = Pick<DueOptions, 'perTenantMax' | 'perTriggerMax' | 'inFlight' | 'heldTriggers'> & {
  leaseId: string
  leaseMs: number
  /** Most deliveries to claim. */
  limit: number
  picker: TenantPicker
  /** Whether its host has room for one more of this batch. */
  admits: (due: DueDelivery) => boolean
}

/** Leases what is due and loads it, in one transaction; nothing is sent inside. Tenants take turns by the picker. */
export async function claim({ database, tenantKeys }: ClaimDeps, options: ClaimOptions): Promise<ClaimedDelivery[]> {
  return database.withPlatform(async (tx) => {
    const chosen = await chooseDue(tx, options)
    const leased = chosen.length === 0 ? [] : await leaseDeliveries(tx, chosen, options)
    if (leased.length === 0) return []
    const contents = new Map((await listContents(tx, leased)).map((content) => [content.id, content]))
    const claimed: ClaimedDelivery[] = []
    for (const delivery of inOrderOf(chosen, leased)) {
      const content = contents.get(delivery.id)
      if (content === undefined) throw new Error('a delivery that was just leased cannot be read')
      claimed.push({ delivery, content, trigger: await openTrigger({ tx, tenantKeys }, delivery, content) })
    }
    return claimed
  })
}

const firstId = '00000000-0000-0000-0000-000000000000'
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

async function chooseDue(
  tx: PlatformTx,
  { picker, limit, leaseMs, admits, ...options }: ClaimOptions,
): Promise<DueDelivery[]> {
  const after = picker.after() === '' ? firstId : picker.after()
  const look = (from: string, until: string, tenantsMax: number) =>
    listDue(tx, { ...options, after: from, until, tenantsMax })
  const found = await look(after, lastId, limit)
  if (found.length < limit && after !== firstId) found.push(...(await look(firstId, after, limit - found.length)))
  const due = new Map(
    found.map(({ tenantId, weight, busy, due: rows }) => [
      tenantId,
      rows.slice(0, Math.max(0, weight * options.perTenantMax - busy)),
    ]),
  )
  const candidates = found.map(({ tenantId, weight }) => ({ tenantId, weight, ready: due.get(tenantId)?.length ?? 0 }))
  const chosen = picker
    .pick(candidates, limit)
    .flatMap(({ tenantId, count }) => due.get(tenantId)?.slice(0, count) ?? [])
    .filter(admits)
  const probes = chosen.filter(({ isProbe }) => isProbe)
  if (probes.length === 0) return chosen
  const taken = new Set(await takeProbes(tx, probes, { leaseMs }))
  return chosen.filter(({ isProbe, triggerId }) => !isProbe || taken.has(triggerId))
}

/** The database returns rows in any order. */
function inOrderOf(chosen: readonly DueDelivery[], leased: readonly LeasedDelivery[]): LeasedDelivery[] {
  const byId = new Map(leased.map((delivery) => [delivery.id, delivery]))
  return chosen.flatMap(({ id }) => byId.get(id) ?? [])
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
