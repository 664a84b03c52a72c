import {
  checkTrigger,
  triggerTypes,
  unsupportedInTrigger,
  unsupportedTriggerType,
  type JsonValue,
  type TriggerConfig,
  type TriggerType,
} from '@smt/engine'
import { z } from 'zod'
import { isViolationOf } from '../platform/db/database-error.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { AppError, NotFoundError, type Problem } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import { insertAuditEvent } from '../tenants/audit-store.ts'
import { checkObject, type ObjectRules } from '../tenants/check-object.ts'
import { objectIdPattern } from '../tenants/envelope.ts'
import { isJsonObject, textIn } from '../tenants/json-object.ts'
import { patchObject } from '../tenants/merge-patch.ts'
import { decodeCursor, encodeCursor, page, type Page } from '../tenants/page.ts'
import { rejectProblems } from '../tenants/reject-problems.ts'
import { sealConfiguration, type Sealing } from '../tenants/secret-configuration.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import { withinStorage } from '../tenants/storage-store.ts'
import { assertVersion } from '../tenants/version.ts'
import type { WriteContext } from '../tenants/write-context.ts'
import { openTrigger, secretPlaceOf, type OpenTrigger } from './open-trigger.ts'
import { previousSecretOf, type PreviousSecret } from './secret-rotation.ts'
import { triggerAnswerOf, triggerInputOf, type TriggerAnswer } from './trigger-answer.ts'
import { triggerEnvelope } from './trigger-schema.ts'
import {
  carriesNotices,
  deactivateTrigger,
  enableTrigger,
  findTrigger,
  insertTrigger,
  insertTriggerChange,
  isTriggerNameTaken,
  listMonitorsOfTrigger,
  listTriggerReferences,
  listTriggers,
  lockTrigger,
  lockTriggerReferences,
  updateTrigger,
  type TriggerContent,
  type TriggerRow,
} from './trigger-store.ts'

export type SavedTrigger = { trigger: TriggerAnswer; warnings: Problem[] }

export type TriggerQuery = {
  limit: number
  cursor?: string | undefined
  q?: string | undefined
  trigger_type?: TriggerType | undefined
}

/** Where a tenant is alerted. Every change is audited and announced in its own transaction. */
export type TriggerService = {
  list(tx: TenantTx, tenantId: string, query: TriggerQuery): Promise<Page<TriggerAnswer>>
  get(tx: TenantTx, tenantId: string, triggerId: string): Promise<TriggerAnswer>
  create(tx: TenantTx, context: WriteContext, body: JsonValue): Promise<SavedTrigger>
  replace(tx: TenantTx, context: WriteContext, triggerId: string, body: JsonValue): Promise<SavedTrigger>
  patch(tx: TenantTx, context: WriteContext, triggerId: string, patch: JsonValue): Promise<SavedTrigger>
  remove(tx: TenantTx, context: WriteContext, triggerId: string): Promise<void>
  /** To send with it once. */
  open(tx: TenantTx, tenantId: string, triggerId: string): Promise<OpenTrigger>
  /** The rows behind trigger ids; an unknown one is absent. With `share` none can be deleted before the transaction ends. */
  resolve(
    tx: TenantTx,
    tenantId: string,
    triggerIds: readonly string[],
    options: { lock: 'share' | 'none' },
  ): Promise<Map<string, string>>
}

export type TriggerServiceDeps = { ids: Ids; tenantKeys: TenantKeys }

const rules: ObjectRules<z.output<typeof triggerEnvelope>, TriggerConfig> = {
  kind: 'trigger',
  envelope: triggerEnvelope,
  mirrors: { name: 'name', trigger_type: 'trigger_type' },
  check: checkTrigger,
  unsupported: (configuration, value) => {
    const triggerType = triggerTypes.find((known) => known === textIn(configuration, 'trigger_type'))
    if (value !== undefined) return unsupportedInTrigger(value)
    return triggerType === undefined ? [] : unsupportedTriggerType(triggerType)
  },
}
const cursorSchema = z.tuple([z.uuid()])

export function createTriggerService({ ids, tenantKeys }: TriggerServiceDeps): TriggerService {
  const find = async (tx: TenantTx, tenantId: string, triggerId: string): Promise<TriggerRow> => {
    const row = objectIdPattern.test(triggerId) ? await findTrigger(tx, tenantId, triggerId) : undefined
    if (row === undefined) throw new NotFoundError('The trigger')
    return row
  }

  const lock = async (tx: TenantTx, { tenantId, ifMatch }: WriteContext, triggerId: string): Promise<TriggerRow> => {
    const row = objectIdPattern.test(triggerId) ? await lockTrigger(tx, tenantId, triggerId) : undefined
    if (row === undefined) throw new NotFoundError('The trigger')
    assertVersion(ifMatch, row.version)
    return row
  }

  /** The content to store, or all problems of the body. */
  const draft = async (
    tx: TenantTx,
    tenantId: string,
    { id, stored }: { id: string; stored: TriggerRow | undefined },
    body: JsonValue,
  ) => {
    const secrets = await tenantKeys.forTenant(tx, tenantId)
    const place = { tenantId, id }
    const sealing: Sealing = { secrets, place: secretPlaceOf(place, 'configuration') }
    const checked = checkObject(rules, body, { stored: stored?.configuration, sealing })
    const identity = { triggerId: textIn(body, 'trigger_id'), name: textIn(checked.configuration, 'name'), stored }
    rejectProblems([...checked.problems, ...(await identityProblems(tx, tenantId, identity))])
    const { envelope, configuration } = checked
    if (envelope === undefined || configuration === undefined)
      throw new Error('an object without problems has no content')
    const content: TriggerContent = {
      configuration: sealConfiguration('trigger', configuration, sealing),
      labels: envelope.labels,
      extensions: envelope.extensions,
    }
    const { extensions } = envelope
    const previousSecret: PreviousSecret =
      stored === undefined
        ? 'end'
        : previousSecretOf({ stored: stored.configuration, next: configuration, extensions, secrets, place })
    return { content, previousSecret, triggerId: envelope.trigger_id, warnings: checked.warnings }
  }

  const replaceLocked = async (tx: TenantTx, context: WriteContext, stored: TriggerRow, body: JsonValue) => {
    const { tenantId } = context
    const { triggerId } = stored
    const named = isJsonObject(body) ? { trigger_id: triggerId, ...body } : body
    const { content, previousSecret, warnings } = await draft(tx, tenantId, { id: stored.id, stored }, named)
    await translateViolations(() =>
      updateTrigger(tx, tenantId, { ...content, id: stored.id, version: stored.version + 1, previousSecret }),
    )
    await enableTrigger(tx, tenantId, stored.id)
    await insertTriggerChange(tx, tenantId, stored.id)
    const trigger = triggerAnswerOf(await find(tx, tenantId, triggerId))
    const written = triggerInputOf(content, triggerId)
    // The masks of two secrets are the same.
    const { previous_secret_valid_until } = trigger
    const after = previousSecret === 'keep' ? written : { ...written, previous_secret_valid_until }
    await insertAuditEvent(tx, tenantId, {
      actor: context.actor,
      origin: context.origin,
      action: 'trigger.update',
      target: { kind: 'trigger', id: triggerId },
      before: triggerInputOf(stored, triggerId),
      after,
    })
    return { trigger, warnings }
  }

  const create: TriggerService['create'] = async (tx, context, body) => {
    const { tenantId } = context
    const id = ids.uuid()
    const { content, triggerId, warnings } = await draft(tx, tenantId, { id, stored: undefined }, body)
    await translateViolations(() => insertTrigger(tx, tenantId, { ...content, id, triggerId }))
    await insertTriggerChange(tx, tenantId, id)
    await insertAuditEvent(tx, tenantId, {
      actor: context.actor,
      origin: context.origin,
      action: 'trigger.create',
      target: { kind: 'trigger', id: triggerId },
      after: triggerInputOf(content, triggerId),
    })
    return { trigger: triggerAnswerOf(await find(tx, tenantId, triggerId)), warnings }
  }

  return {
    get: async (tx, tenantId, triggerId) => triggerAnswerOf(await find(tx, tenantId, triggerId)),

    open: async (tx, tenantId, triggerId) => {
      const row = await find(tx, tenantId, triggerId)
      return openTrigger(await tenantKeys.forTenant(tx, tenantId), { tenantId, id: row.id }, row)
    },

    list: async (tx, tenantId, { limit, cursor, q, trigger_type: triggerType }) => {
      const before = cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0]
      const rows = await listTriggers(tx, tenantId, { limit: limit + 1, before, q, triggerType })
      const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.id]))
      return { items: items.map(triggerAnswerOf), next_cursor }
    },

    create: (tx, context, body) => withinStorage(tx, context.tenantId, () => create(tx, context, body)),

    replace: (tx, context, triggerId, body) =>
      withinStorage(tx, context.tenantId, async () =>
        replaceLocked(tx, context, await lock(tx, context, triggerId), body),
      ),

    patch: (tx, context, triggerId, patch) =>
      withinStorage(tx, context.tenantId, async () => {
        const stored = await lock(tx, context, triggerId)
        return replaceLocked(tx, context, stored, patchObject(triggerInputOf(stored, triggerId), patch))
      }),

    remove: async (tx, context, triggerId) => {
      const { tenantId } = context
      const stored = await lock(tx, context, triggerId)
      const monitors = await listMonitorsOfTrigger(tx, tenantId, stored.id)
      if (monitors.length > 0) {
        throw new AppError('conflict', 'This trigger is used by monitors and cannot be deleted.', {
          details: { monitors },
        })
      }
      if (await carriesNotices(tx, tenantId, stored.id)) {
        const message = 'The notices of the tenant are sent through this trigger: choose another one, or none, first.'
        throw new AppError('conflict', message)
      }
      await deactivateTrigger(tx, tenantId, stored.id)
      await insertTriggerChange(tx, tenantId, stored.id)
      await insertAuditEvent(tx, tenantId, {
        actor: context.actor,
        origin: context.origin,
        action: 'trigger.delete',
        target: { kind: 'trigger', id: triggerId },
        before: triggerInputOf(stored, triggerId),
      })
    },

    resolve: async (tx, tenantId, triggerIds, { lock: strength }) => {
      if (triggerIds.length === 0) return new Map()
      const rows = await (strength === 'share' ? lockTriggerReferences : listTriggerReferences)(
        tx,
        tenantId,
        triggerIds,
      )
      return new Map(rows.map((row) => [row.triggerId, row.id]))
    },
  }
}

type Identity = { triggerId: string | undefined; name: string | undefined; stored: TriggerRow | undefined }

/** What is wrong with who the trigger is: its id and its name. */
async function identityProblems(
  tx: TenantTx,
  tenantId: string,
  { triggerId, name, stored }: Identity,
): Promise<Problem[]> {
  const problems: Problem[] = []
  if (stored !== undefined && triggerId !== undefined && triggerId !== stored.triggerId) problems.push(immutableId)
  if (stored === undefined && triggerId !== undefined && (await findTrigger(tx, tenantId, triggerId)) !== undefined) {
    problems.push(duplicateId)
  }
  if (name !== undefined && (await isTriggerNameTaken(tx, tenantId, { name, exceptId: stored?.id }))) {
    problems.push(duplicateName)
  }
  return problems
}

const immutableId: Problem = { pointer: '/trigger_id', code: 'immutable', message: 'An object keeps its id.' }
const duplicateId: Problem = { pointer: '/trigger_id', code: 'duplicate_id', message: 'Another trigger has this id.' }
const duplicateName: Problem = {
  pointer: '/configuration/name',
  code: 'duplicate_name',
  message: 'Another trigger has this name.',
}

/** Two requests at once: the unique index says to the second what the look-up could not yet see. */
async function translateViolations(save: () => Promise<void>): Promise<void> {
  try {
    await save()
  } catch (error) {
    if (isViolationOf(error, 'triggers_trigger_id')) rejectProblems([duplicateId])
    if (isViolationOf(error, 'triggers_name')) rejectProblems([duplicateName])
    throw error
  }
}
