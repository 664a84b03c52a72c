import type { JsonValue } from '@smt/engine'
import { jsonb, sql, type IdentityTx, type PlatformTx } from '../platform/db/tx.ts'
import type { RequestOrigin } from './route.ts'

/** Who runs the installation: a person, or the command line (without an id). */
export type Operator = { id: string | null; name: string }

/** The user of a session that lives, when they are an operator. */
export async function findSessionOperator(
  tx: IdentityTx,
  sessionId: string,
): Promise<{ id: string; email: string } | undefined> {
  return tx.row(sql<{ id: string; email: string }>`
    select user_id as id, email from app.session_operator(${sessionId})`)
}

/** The person of this e-mail, who is an operator from now on, or no longer one; undefined when there is none. */
export async function setOperator(
  tx: PlatformTx,
  email: string,
  isOperator: boolean,
): Promise<{ id: string; email: string } | undefined> {
  return tx.row(sql<{ id: string; email: string }>`
    select user_id as id, email from app.set_operator(${email}, ${isOperator})`)
}

export async function createOperatorUser(
  tx: PlatformTx,
  user: { id: string; email: string; passwordHash: string },
): Promise<void> {
  await tx.execute(sql`select app.create_operator(${user.id}, ${user.email}, ${user.passwordHash})`)
}

export type OperatorEvent = {
  operator: Operator
  action: string
  target: { kind: string; id: string }
  before?: JsonValue | undefined
  after?: JsonValue | undefined
  origin?: RequestOrigin | undefined
}

export async function insertOperatorEvent(tx: PlatformTx, event: OperatorEvent): Promise<void> {
  const { operator, origin, target, before, after } = event
  await tx.execute(sql`
    insert into operator_events
      (id, operator_id, operator_name, action, target_kind, target_id, before, after, request_id, ip, user_agent)
    values (app.uuid_v7(), ${operator.id}, ${operator.name}, ${event.action}, ${target.kind}, ${target.id},
      ${before === undefined ? null : jsonb(before)}, ${after === undefined ? null : jsonb(after)},
      ${origin?.requestId ?? null}, ${origin?.ip ?? null}, ${origin?.userAgent?.slice(0, 500) ?? null})`)
}

export type OperatorEventRow = {
  id: string
  occurredAt: Date
  operatorId: string | null
  operatorName: string
  action: string
  targetKind: string
  targetId: string
  before: JsonValue
  after: JsonValue
  requestId: string | null
  ip: string | null
  userAgent: string | null
}

/** Newest first. */
export async function listOperatorEvents(
  tx: PlatformTx,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<OperatorEventRow[]> {
  return tx.rows(sql<OperatorEventRow>`
    select id, occurred_at as "occurredAt", operator_id as "operatorId", operator_name as "operatorName", action,
      target_kind as "targetKind", target_id as "targetId", before, after, request_id as "requestId", ip,
      user_agent as "userAgent"
    from operator_events
    where ${before ?? null}::uuid is null or id < ${before ?? null}::uuid
    order by id desc limit ${limit}`)
}
