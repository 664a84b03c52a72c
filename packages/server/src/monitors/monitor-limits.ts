import type { TenantTx } from '../platform/db/tx.ts'
import { QuotaExceededError } from '../platform/errors.ts'
import { takeQuota } from '../tenants/quota-store.ts'
import type { CheckedMonitor } from './monitor-check.ts'

/** Takes one monitor of the quota, or says that none is left. */
export async function tryTakeMonitor(tx: TenantTx, tenantId: string): Promise<QuotaExceededError | undefined> {
  try {
    await takeQuota(tx, tenantId, 'max_monitors')
    return undefined
  } catch (error) {
    if (error instanceof QuotaExceededError) return error
    throw error
  }
}

export function assertTriggerLimit({ triggerCount }: Pick<CheckedMonitor, 'triggerCount'>, limit: number): void {
  if (triggerCount <= limit) return
  throw new QuotaExceededError({ quota: 'max_triggers_per_monitor', limit, used: triggerCount })
}
