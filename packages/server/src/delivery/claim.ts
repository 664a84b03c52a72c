import { sqlStateOf } from '../platform/db/database-error.ts'
import type { Database } from '../platform/db/doors.ts'
import { SecretError } from '../platform/secrets.ts'
import type { PlatformTx } from '../platform/db/tx.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import { openTrigger, type OpenTrigger } from '../triggers/open-trigger.ts'
import {
  leaseDeliveries,
  listDue,
  takeProbes,
  type DueDelivery,
  type DueOptions,
  type DueTenant,
} from './claim-store.ts'
import { listContents, type DeliveryContent, type LeasedDelivery } from './dispatch-store.ts'
import type { TenantPick, TenantPicker } from './tenant-picker.ts'

/** A leased delivery with what it needs to be sent. */
export type ClaimedDelivery = {
  delivery: LeasedDelivery
  content: DeliveryContent
  /** The trigger as it is now, secrets in clear; undefined when it was deleted; an error when it cannot be read. */
  trigger: OpenTrigger | Error | undefined
}

export type ClaimDeps = { database: Pick<Database, 'withPlatform'>; tenantKeys: TenantKeys }

export type ClaimOptions = Omit<DueOptions, 'after'> & {
  leaseId: string
  leaseMs: number
  picker: TenantPicker
  /** How many more of a trigger may begin, for every trigger. */
  roomOf: (triggerId: string) => number
  /** What a tenant of weight 1 may always have in flight; what is beyond it takes of `spare` alone. */
  perTenantShare: number
  spare: number
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
      claimed.push({ delivery, content, trigger: await triggerOf({ tx, tenantKeys }, delivery, content) })
    }
    return claimed
  })
}

const firstId = '00000000-0000-0000-0000-000000000000'

async function chooseDue(tx: PlatformTx, options: ClaimOptions): Promise<DueDelivery[]> {
  const { picker, limit, leaseMs, perTenantMax, roomOf, admits } = options
  const found = await listDue(tx, { ...options, after: picker.after() === '' ? firstId : picker.after() })
  const tenants = found.map(({ due, ...tenant }) => {
    const room = Math.max(0, tenant.weight * perTenantMax - tenant.busy)
    return { ...tenant, due: withinRoom(due, roomOf).slice(0, room) }
  })
  const candidates = tenants.map(({ tenantId, weight, due }) => ({ tenantId, weight, ready: due.length }))
  const chosen = inTurns(tenants, picker.pick(candidates, limit), options).filter(admits)
  const probes = chosen.filter(({ isProbe }) => isProbe)
  if (probes.length === 0) return chosen
  const taken = new Set(await takeProbes(tx, probes, { leaseMs }))
  return chosen.filter(({ isProbe, triggerId }) => !isProbe || taken.has(triggerId))
}

function withinRoom(due: readonly DueDelivery[], roomOf: ClaimOptions['roomOf']): DueDelivery[] {
  const taken = new Map<string, number>()
  return due.filter(({ triggerId }) => {
    const count = taken.get(triggerId) ?? 0
    taken.set(triggerId, count + 1)
    return count < roomOf(triggerId)
  })
}

/**
 * What was picked, the first of each tenant before the second of any: the room of a host they share goes around, too.
 * What a tenant has beyond its share comes last, and only into the room that is kept for that.
 */
function inTurns(
  tenants: readonly DueTenant[],
  picks: readonly TenantPick[],
  { perTenantShare, spare }: Pick<ClaimOptions, 'perTenantShare' | 'spare'>,
): DueDelivery[] {
  const byId = new Map(tenants.map((tenant) => [tenant.tenantId, tenant]))
  const turns = picks.flatMap(({ tenantId, count }) => {
    const tenant = byId.get(tenantId)
    if (tenant === undefined) return []
    const share = tenant.weight * perTenantShare - tenant.busy
    return tenant.due.slice(0, count).map((due, turn) => ({ due, turn, isBeyond: turn >= share }))
  })
  const inOrder = turns.toSorted((a, b) => a.turn - b.turn)
  const within = inOrder.filter(({ isBeyond }) => !isBeyond)
  const beyond = inOrder.filter(({ isBeyond }) => isBeyond).slice(0, Math.max(0, spare - within.length))
  return [...within, ...beyond].map(({ due }) => due)
}

/** The database returns rows in any order. */
function inOrderOf(chosen: readonly DueDelivery[], leased: readonly LeasedDelivery[]): LeasedDelivery[] {
  const byId = new Map(leased.map((delivery) => [delivery.id, delivery]))
  return chosen.flatMap(({ id }) => byId.get(id) ?? [])
}

async function triggerOf(
  { tx, tenantKeys }: { tx: PlatformTx; tenantKeys: TenantKeys },
  { tenantId, triggerId }: LeasedDelivery,
  content: DeliveryContent,
): Promise<OpenTrigger | Error | undefined> {
  if (content.trigger === null) return undefined
  try {
    const secrets = await tenantKeys.forTenant(tx, tenantId)
    const { trigger: configuration, previousSecret } = content
    return openTrigger(secrets, { tenantId, id: triggerId }, { configuration, previousSecret })
  } catch (error) {
    // One tenant's broken secret must not stop the others. A failure of the database ends the transaction, whose commit
    // would fail as well: thrown here it keeps its cause.
    const isOfDatabase = !(error instanceof SecretError) && sqlStateOf(error) !== undefined
    if (error instanceof Error && !isOfDatabase) return error
    throw error
  }
}
