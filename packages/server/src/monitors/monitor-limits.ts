import type { TenantTx } from '../platform/db/tx.ts'
import { QuotaExceededError, type Problem } from '../platform/errors.ts'
import { takeQuota, type Quota } from '../tenants/quota-store.ts'
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

/** The same as a problem. */
export function triggerProblems({ triggerCount }: Pick<CheckedMonitor, 'triggerCount'>, limit: number): Problem[] {
  if (triggerCount <= limit) return []
  const message = `The quota max_triggers_per_monitor allows ${limit} triggers, not ${triggerCount}.`
  return [{ pointer: '/configuration/triggers', code: 'quota_exceeded', message }]
}

/** What saving a monitor would be refused for: that own networks would be asked more than they may. */
export function demandProblems(
  added: number,
  { others, quotas }: { others: number; quotas: readonly Pick<Quota, 'quota' | 'limit'>[] },
): Problem[] {
  const limit = quotas.find(({ quota }) => quota === 'max_rpc_requests_per_minute')?.limit ?? 0
  if (added === 0 || others + added <= limit) return []
  const message = `The quota max_rpc_requests_per_minute allows ${limit} requests to own networks, not ${others + added}.`
  return [{ pointer: '/configuration/networks', code: 'quota_exceeded', message }]
}
