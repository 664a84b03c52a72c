import type { TenantTx } from '../platform/db/tx.ts'
import { NotFoundError } from '../platform/errors.ts'
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
  renameTenant,
  type TenantRow,
} from './tenant-store.ts'
import { assertVersion } from './version.ts'
import type { WriteContext } from './write-context.ts'

/** A tenant itself: its name, and its end. */
export type TenantService = {
  get(tx: TenantTx, tenantId: string): Promise<TenantRow>
  rename(tx: TenantTx, context: WriteContext, name: string | undefined): Promise<TenantRow>
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

    rename: async (tx, context, name) => {
      const stored = await lock(tx, context)
      if (name === undefined || name === stored.name) return stored
      await renameTenant(tx, context.tenantId, name)
      await insertAuditEvent(tx, context.tenantId, {
        actor: context.actor,
        origin: context.origin,
        action: 'tenant.update',
        target: { kind: 'tenant', id: stored.slug },
        before: { name: stored.name },
        after: { name },
      })
      return get(tx, context.tenantId)
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
