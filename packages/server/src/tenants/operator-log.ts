import type { JsonValue } from '@smt/engine'
import type { PlatformTx } from '../platform/db/tx.ts'
import { insertAuditEvent } from './audit-store.ts'
import { insertOperatorEvent, type Operator } from './operator-store.ts'
import type { RequestOrigin } from './route.ts'

/** Who of the operators changes something, and from where. */
export type OperatorContext = { operator: Operator; origin: RequestOrigin | undefined; ifMatch: number | undefined }

export type TenantChangeEvent = {
  action: string
  target: { kind: string; id: string }
  before?: JsonValue
  after?: JsonValue
}

/**
 * Writes what the operator changed of a tenant into the tenant's log and into the operators' own. The tenant reads that the
 * operator did it; who of them and from which address is in the other log.
 */
export async function logTenantChange(
  tx: PlatformTx,
  { operator, origin }: OperatorContext,
  { tenant, ...event }: TenantChangeEvent & { tenant: { id: string; slug: string } },
): Promise<void> {
  await insertAuditEvent(tx, tenant.id, {
    ...event,
    actor: { kind: 'operator', name: 'operator' },
    ...(origin === undefined ? {} : { origin: { requestId: origin.requestId } }),
  })
  const { kind, id } = event.target
  await insertOperatorEvent(tx, {
    ...event,
    operator,
    origin,
    target: { kind, id: id === tenant.slug ? id : `${tenant.slug}/${id}` },
  })
}
