import type { TenantTx } from '../platform/db/tx.ts'
import { InvalidObjectError, NotFoundError, type Problem } from '../platform/errors.ts'
import { insertAuditEvent } from './audit-store.ts'
import { closeCountedQuotas } from './quota-store.ts'
import {
  deactivateMonitors,
  deactivateNetworks,
  deactivateTenant,
  deactivateTriggers,
  findTenant,
  insertChangesOfAllMonitors,
  insertChangesOfNetworks,
  insertChangesOfTriggers,
  lockTenant,
  lockNoticeTrigger,
  type TenantRow,
  updateTenant,
} from './tenant-store.ts'
import { assertVersion } from './version.ts'
import type { WriteContext } from './write-context.ts'

/** What of a tenant can be changed; what is undefined stays. */
export type TenantChange = { name?: string | undefined; noticeTriggerId?: string | null | undefined }

/** A tenant itself: its settings, and its end. */
export type TenantService = {
  get(tx: TenantTx, tenantId: string): Promise<TenantRow>
  change(tx: TenantTx, context: WriteContext, change: TenantChange): Promise<TenantRow>
  /** Nothing of it is watched or sent from this commit on; its rows stay, and its slug stays taken. */
  remove(tx: TenantTx, context: WriteContext): Promise<void>
}

export function createTenantService(): TenantService {
  const get: TenantService['get'] = async (tx, tenantId) => {
    const tenant = await findTenant(tx, tenantId)
    if (tenant === undefined) throw new NotFoundError('The tenant')
    return tenant
  }

  const lock = async (tx: TenantTx, { tenantId, ifMatch }: WriteContext): Promise<TenantRow> => {
    const tenant = await lockTenant(tx, tenantId)
    if (tenant === undefined) throw new NotFoundError('The tenant')
    assertVersion(ifMatch, tenant.version)
    return tenant
  }

  return {
    get,

    change: async (tx, context, change) => {
      const stored = await lock(tx, context)
      const { name = stored.name, noticeTriggerId = stored.noticeTriggerId } = change
      if (name === stored.name && noticeTriggerId === stored.noticeTriggerId) return stored
      const { tenantId } = context
      const noticeTrigger = noticeTriggerId === null ? null : await lockNoticeTrigger(tx, tenantId, noticeTriggerId)
      if (noticeTrigger === undefined) throw new InvalidObjectError([unknownTrigger])
      await updateTenant(tx, tenantId, { name, noticeTrigger })
      await insertAuditEvent(tx, tenantId, {
        actor: context.actor,
        origin: context.origin,
        action: 'tenant.update',
        target: { kind: 'tenant', id: stored.slug },
        before: settingsOf(stored),
        after: settingsOf({ name, noticeTriggerId }),
      })
      return get(tx, tenantId)
    },

    remove: async (tx, context) => {
      const { tenantId } = context
      // Quota rows are locked before objects, everywhere; closed, they also refuse a create that waits for them.
      await closeCountedQuotas(tx, tenantId)
      const stored = await lock(tx, context)
      // Written first: the changes name what is still active.
      await insertChangesOfAllMonitors(tx, tenantId)
      await insertChangesOfNetworks(tx, tenantId)
      await insertChangesOfTriggers(tx, tenantId)
      await deactivateMonitors(tx, tenantId)
      await deactivateNetworks(tx, tenantId)
      await deactivateTriggers(tx, tenantId)
      await deactivateTenant(tx, tenantId)
      await insertAuditEvent(tx, tenantId, {
        actor: context.actor,
        origin: context.origin,
        action: 'tenant.delete',
        target: { kind: 'tenant', id: stored.slug },
        before: { slug: stored.slug, name: stored.name },
      })
    },
  }
}

const unknownTrigger: Problem = {
  pointer: '/notice_trigger_id',
  code: 'unknown_trigger',
  message: 'There is no trigger with this id.',
}

function settingsOf({ name, noticeTriggerId }: Pick<TenantRow, 'name' | 'noticeTriggerId'>) {
  return { name, notice_trigger_id: noticeTriggerId }
}
