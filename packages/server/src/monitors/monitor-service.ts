import type { JsonValue } from '@smt/engine'
import { z } from 'zod'
import type { NetworkService } from '../networks/network-service.ts'
import { estimateRpcDemand, withinRpcDemand } from '../networks/rpc-demand.ts'
import type { Clock } from '../platform/clock.ts'
import { isViolationOf } from '../platform/db/database-error.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { NotFoundError, problemsListedMax, type Problem } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import { insertAuditEvent } from '../tenants/audit-store.ts'
import { objectIdPattern } from '../tenants/envelope.ts'
import { isJsonObject, textIn } from '../tenants/json-object.ts'
import { patchObject } from '../tenants/merge-patch.ts'
import { decodeCursor, encodeCursor, page, type Page } from '../tenants/page.ts'
import { listQuotas, lockLimit, lockQuota, returnQuota } from '../tenants/quota-store.ts'
import { rejectProblems } from '../tenants/reject-problems.ts'
import { sealConfiguration, type Sealing } from '../tenants/secret-configuration.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import { withinStorage } from '../tenants/storage-store.ts'
import { assertVersion } from '../tenants/version.ts'
import type { WriteContext } from '../tenants/write-context.ts'
import type { TriggerService } from '../triggers/trigger-service.ts'
import { addressKeyOf } from './address-key.ts'
import {
  monitorAnswerOf,
  monitorInputOf,
  monitorVersionAnswerOf,
  type MonitorAnswer,
  type MonitorVersionAnswer,
} from './monitor-answer.ts'
import { checkMonitorDraft, duplicateId, duplicateName, type CheckedMonitor } from './monitor-check.ts'
import { assertTriggerLimit, demandProblems, triggerProblems, tryTakeMonitor } from './monitor-limits.ts'
import {
  deleteAddressKeys,
  deleteNetworkLinks,
  deleteTriggerLinks,
  insertAddressKeys,
  insertNetworkLinks,
  insertTriggerLinks,
  listNeighbours,
  listNetworkLinks,
} from './monitor-link-store.ts'
import { listMonitorNetworks } from './monitor-status-store.ts'
import { monitorStatusOf } from './monitor-status.ts'
import {
  deactivateMonitor,
  findMonitor,
  insertMonitor,
  insertMonitorChanges,
  listMonitors,
  lockMonitor,
  updateMonitor,
  type MonitorContent,
  type MonitorRow,
  type Severity,
} from './monitor-store.ts'
import { insertMonitorVersion, listMonitorVersions } from './monitor-version-store.ts'
import { estimateRpcRequests } from './rpc-estimate.ts'

export type SavedMonitor = { monitor: MonitorAnswer; warnings: Problem[] }

export type MonitorQuery = {
  limit: number
  cursor?: string | undefined
  q?: string | undefined
  address?: string | undefined
  network?: string | undefined
  trigger?: string | undefined
  severity?: Severity | undefined
  state?: 'active' | 'paused' | undefined
}

export type Validation = {
  valid: boolean
  errors: Problem[]
  warnings: Problem[]
  estimate: { rpc_requests_per_minute: number }
}

/**
 * What a tenant watches. Every save makes a version, binds references, and is counted, audited and announced to the
 * leaders of all sources concerned in its own transaction.
 */
export type MonitorService = {
  list(tx: TenantTx, tenantId: string, query: MonitorQuery): Promise<Page<MonitorAnswer>>
  /** The networks of a monitor as they were resolved when it was saved, in its own order. */
  networksOf(tx: TenantTx, tenantId: string, monitorId: string): Promise<{ networkId: string; sourceId: string }[]>
  get(tx: TenantTx, tenantId: string, monitorId: string): Promise<MonitorAnswer>
  listVersions(
    tx: TenantTx,
    tenantId: string,
    monitorId: string,
    query: { limit: number; cursor?: string | undefined },
  ): Promise<Page<MonitorVersionAnswer>>
  create(tx: TenantTx, context: WriteContext, body: JsonValue): Promise<SavedMonitor>
  replace(tx: TenantTx, context: WriteContext, monitorId: string, body: JsonValue): Promise<SavedMonitor>
  patch(tx: TenantTx, context: WriteContext, monitorId: string, patch: JsonValue): Promise<SavedMonitor>
  pause(tx: TenantTx, context: WriteContext, monitorId: string): Promise<MonitorAnswer>
  resume(tx: TenantTx, context: WriteContext, monitorId: string): Promise<MonitorAnswer>
  remove(tx: TenantTx, context: WriteContext, monitorId: string): Promise<void>
  /** Says what saving the body would say: as a new monitor, or in place of the one that has its id. Changes nothing. */
  validate(tx: TenantTx, tenantId: string, body: JsonValue): Promise<Validation>
}

export type MonitorServiceDeps = {
  ids: Ids
  clock: Clock
  tenantKeys: TenantKeys
  networks: Pick<NetworkService, 'resolve' | 'listStatus'>
  triggers: Pick<TriggerService, 'resolve'>
}

const cursorSchema = z.tuple([z.uuid()])
const versionCursorSchema = z.tuple([z.int()])

export function createMonitorService({
  ids,
  clock,
  tenantKeys,
  networks,
  triggers,
}: MonitorServiceDeps): MonitorService {
  const checkDeps = { resolve: networks.resolve, resolveTriggers: triggers.resolve }

  const find = async (tx: TenantTx, tenantId: string, monitorId: string): Promise<MonitorRow> => {
    const row = objectIdPattern.test(monitorId) ? await findMonitor(tx, tenantId, monitorId) : undefined
    if (row === undefined) throw new NotFoundError('The monitor')
    return row
  }

  const lock = async (tx: TenantTx, { tenantId, ifMatch }: WriteContext, monitorId: string): Promise<MonitorRow> => {
    const row = objectIdPattern.test(monitorId) ? await lockMonitor(tx, tenantId, monitorId) : undefined
    if (row === undefined) throw new NotFoundError('The monitor')
    assertVersion(ifMatch, row.version)
    return row
  }

  const sealingOf = async (tx: TenantTx, tenantId: string, id: string): Promise<Sealing> => ({
    secrets: await tenantKeys.forTenant(tx, tenantId),
    place: { tenantId, table: 'monitors', rowId: id, column: 'configuration' },
  })

  const answer = async (tx: TenantTx, tenantId: string, rows: readonly MonitorRow[]): Promise<MonitorAnswer[]> => {
    if (rows.length === 0) return []
    const links = await listMonitorNetworks(
      tx,
      tenantId,
      rows.map((row) => row.id),
    )
    const sources = await networks.listStatus(tx, [...new Set(links.map((link) => link.sourceId))])
    return rows.map((row) => {
      const own = links.filter((link) => link.id === row.id)
      return monitorAnswerOf(row, monitorStatusOf({ monitor: row, networks: own, sources }))
    })
  }

  const get: MonitorService['get'] = async (tx, tenantId, monitorId) => {
    const row = await find(tx, tenantId, monitorId)
    const [found] = await answer(tx, tenantId, [row])
    if (found === undefined) throw new NotFoundError('The monitor')
    return found
  }

  const saveVersion = async (
    tx: TenantTx,
    context: WriteContext,
    { stored, content, sourceIds, action }: SavedVersion,
  ): Promise<void> => {
    const { tenantId, actor, origin } = context
    const { id, monitorId } = stored
    const version = stored.version + 1
    const versionId = ids.uuid()
    await translateViolations(() => updateMonitor(tx, tenantId, { ...content, id, version, versionId }))
    await insertMonitorVersion(tx, tenantId, {
      ...content,
      id: versionId,
      monitorId: id,
      version,
      createdBy: actor.name,
    })
    await insertMonitorChanges(tx, tenantId, { id, sourceIds })
    await insertAuditEvent(tx, tenantId, {
      actor,
      origin,
      action,
      target: { kind: 'monitor', id: monitorId },
      before: monitorInputOf(stored, monitorId),
      after: monitorInputOf(content, monitorId),
    })
  }

  const replace = async (
    tx: TenantTx,
    context: WriteContext,
    monitorId: string,
    bodyOf: (stored: MonitorRow) => JsonValue,
  ): Promise<SavedMonitor> => {
    const { tenantId } = context
    // Quota rows are locked before objects, everywhere.
    const limit = await lockLimit(tx, tenantId, 'max_triggers_per_monitor')
    const stored = await lock(tx, context, monitorId)
    const links = await listNetworkLinks(tx, tenantId, stored.id)
    const sealing = await sealingOf(tx, tenantId, stored.id)
    const written = bodyOf(stored)
    const body = isJsonObject(written) ? { monitor_id: monitorId, ...written } : written
    const checked = await checkMonitorDraft(checkDeps, tx, { tenantId, body, stored, links, sealing, lock: 'share' })
    rejectProblems(checked.problems)
    assertTriggerLimit(checked, limit)
    const sourceIds = distinctSources(links, checked.networkLinks)
    await saveVersion(tx, context, {
      stored,
      content: contentOf(checked, sealing),
      sourceIds,
      action: 'monitor.update',
    })
    await deleteNetworkLinks(tx, tenantId, stored.id)
    await deleteAddressKeys(tx, tenantId, stored.id)
    await deleteTriggerLinks(tx, tenantId, stored.id)
    await insertLinks(tx, tenantId, stored.id, checked)
    return { monitor: await get(tx, tenantId, monitorId), warnings: checked.warnings }
  }

  const setPaused = async (
    tx: TenantTx,
    context: WriteContext,
    monitorId: string,
    { isPaused, action }: { isPaused: boolean; action: string },
  ): Promise<MonitorAnswer> => {
    const { tenantId } = context
    const stored = await lock(tx, context, monitorId)
    if (stored.isPaused !== isPaused) {
      const { configuration, severity, labels, extensions } = stored
      if (!isJsonObject(configuration)) throw new Error('a stored monitor is not an object')
      const content = { configuration: { ...configuration, paused: isPaused }, severity, labels, extensions }
      const sourceIds = distinctSources(await listNetworkLinks(tx, tenantId, stored.id))
      await saveVersion(tx, context, { stored, content, sourceIds, action })
    }
    return get(tx, tenantId, monitorId)
  }

  /** What is stored, and what own networks are asked, must fit once the monitor is as it shall be. */
  const withinLimits = <T>(tx: TenantTx, { tenantId }: WriteContext, write: () => Promise<T>): Promise<T> =>
    withinStorage(tx, tenantId, () =>
      withinRpcDemand(tx, tenantId, { now: clock.now(), pointer: '/configuration/networks' }, write),
    )

  const create: MonitorService['create'] = async (tx, context, body) => {
    const { tenantId, actor, origin } = context
    const id = ids.uuid()
    const versionId = ids.uuid()
    // Quota rows are locked before objects, everywhere; what is wrong with the object is still said first.
    const exceeded = await tryTakeMonitor(tx, tenantId)
    const limit = await lockLimit(tx, tenantId, 'max_triggers_per_monitor')
    const sealing = await sealingOf(tx, tenantId, id)
    const draft = { tenantId, body, stored: undefined, links: [], sealing, lock: 'share' as const }
    const checked = await checkMonitorDraft(checkDeps, tx, draft)
    rejectProblems(checked.problems)
    if (exceeded !== undefined) throw exceeded
    assertTriggerLimit(checked, limit)
    const content = contentOf(checked, sealing)
    const monitorId = textIn(body, 'monitor_id') ?? ''
    await translateViolations(() => insertMonitor(tx, tenantId, { ...content, id, monitorId, versionId }))
    await insertMonitorVersion(tx, tenantId, {
      ...content,
      id: versionId,
      monitorId: id,
      version: 1,
      createdBy: actor.name,
    })
    await insertLinks(tx, tenantId, id, checked)
    await insertMonitorChanges(tx, tenantId, { id, sourceIds: distinctSources(checked.networkLinks) })
    await insertAuditEvent(tx, tenantId, {
      actor,
      origin,
      action: 'monitor.create',
      target: { kind: 'monitor', id: monitorId },
      after: monitorInputOf(content, monitorId),
    })
    return { monitor: await get(tx, tenantId, monitorId), warnings: checked.warnings }
  }

  return {
    networksOf: async (tx, tenantId, monitorId) =>
      listNetworkLinks(tx, tenantId, (await find(tx, tenantId, monitorId)).id),

    get,

    list: async (tx, tenantId, query) => {
      const { limit, cursor, q, severity } = query
      const rows = await listMonitors(tx, tenantId, {
        limit: limit + 1,
        before: cursor === undefined ? undefined : decodeCursor(cursor, cursorSchema)[0],
        q,
        severity,
        addressKey: query.address === undefined ? undefined : addressKeyOf(query.address),
        networkId: query.network,
        triggerId: query.trigger,
        isPaused: query.state === undefined ? undefined : query.state === 'paused',
      })
      const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.id]))
      return { items: await answer(tx, tenantId, items), next_cursor }
    },

    listVersions: async (tx, tenantId, monitorId, { limit, cursor }) => {
      const { id } = await find(tx, tenantId, monitorId)
      const before = cursor === undefined ? undefined : decodeCursor(cursor, versionCursorSchema)[0]
      const rows = await listMonitorVersions(tx, tenantId, { monitorId: id, before, limit: limit + 1 })
      const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.version]))
      return { items: items.map(monitorVersionAnswerOf), next_cursor }
    },

    create: (tx, context, body) => withinLimits(tx, context, () => create(tx, context, body)),

    replace: (tx, context, monitorId, body) =>
      withinLimits(tx, context, () => replace(tx, context, monitorId, () => body)),

    patch: (tx, context, monitorId, patch) =>
      withinLimits(tx, context, () =>
        replace(tx, context, monitorId, (stored) => patchObject(monitorInputOf(stored, monitorId), patch)),
      ),

    pause: (tx, context, monitorId) => setPaused(tx, context, monitorId, { isPaused: true, action: 'monitor.pause' }),

    resume: (tx, context, monitorId) =>
      withinLimits(tx, context, () => setPaused(tx, context, monitorId, { isPaused: false, action: 'monitor.resume' })),

    remove: async (tx, context, monitorId) => {
      const { tenantId, actor, origin } = context
      await lockQuota(tx, tenantId, 'max_monitors')
      const stored = await lock(tx, context, monitorId)
      await deactivateMonitor(tx, tenantId, stored.id)
      await returnQuota(tx, tenantId, 'max_monitors')
      const sourceIds = distinctSources(await listNetworkLinks(tx, tenantId, stored.id))
      await insertMonitorChanges(tx, tenantId, { id: stored.id, sourceIds })
      await insertAuditEvent(tx, tenantId, {
        actor,
        origin,
        action: 'monitor.delete',
        target: { kind: 'monitor', id: monitorId },
        before: monitorInputOf(stored, monitorId),
      })
    },

    validate: async (tx, tenantId, body) => {
      const monitorId = textIn(body, 'monitor_id')
      const stored = monitorId === undefined ? undefined : await findMonitor(tx, tenantId, monitorId)
      const sealing = await sealingOf(tx, tenantId, stored?.id ?? ids.uuid())
      const links = stored === undefined ? [] : await listNetworkLinks(tx, tenantId, stored.id)
      const checked = await checkMonitorDraft(checkDeps, tx, { tenantId, body, stored, links, sealing, lock: 'none' })
      const quotas = await listQuotas(tx, tenantId)
      const limit = quotas.find(({ quota }) => quota === 'max_triggers_per_monitor')?.limit ?? 0
      const errors = [...checked.problems, ...triggerProblems(checked, limit)]
      const { configuration, networks: watched, networkLinks } = checked
      const sourceIds = distinctSources(networkLinks)
      const neighbours = await listNeighbours(tx, tenantId, { sourceIds, exceptId: stored?.id })
      const requests = estimateRpcRequests({ configuration, networks: watched, neighbours, now: clock.now() })
      const others = await estimateRpcDemand(tx, tenantId, { now: clock.now(), exceptMonitorId: stored?.id })
      errors.push(...demandProblems(requests, { others, quotas }))
      return {
        valid: errors.length === 0,
        errors: errors.slice(0, problemsListedMax),
        warnings: checked.warnings,
        estimate: { rpc_requests_per_minute: requests },
      }
    },
  }
}

type SavedVersion = { stored: MonitorRow; content: MonitorContent; sourceIds: string[]; action: string }

function contentOf({ envelope, configuration }: CheckedMonitor, sealing: Sealing): MonitorContent {
  if (envelope === undefined || configuration === undefined)
    throw new Error('an object without problems has no content')
  const { severity, labels, extensions } = envelope
  return { configuration: sealConfiguration('monitor', configuration, sealing), severity, labels, extensions }
}

function distinctSources(...links: readonly (readonly { sourceId: string }[])[]): string[] {
  return [...new Set(links.flat().map((link) => link.sourceId))]
}

async function insertLinks(tx: TenantTx, tenantId: string, id: string, checked: CheckedMonitor): Promise<void> {
  await insertNetworkLinks(tx, tenantId, { id, links: checked.networkLinks })
  await insertAddressKeys(tx, tenantId, { id, addressKeys: checked.addressKeys })
  await insertTriggerLinks(tx, tenantId, { id, links: checked.triggerLinks })
}

/** Two requests at once: the unique index says to the second what the look-up could not yet see. */
async function translateViolations(save: () => Promise<void>): Promise<void> {
  try {
    await save()
  } catch (error) {
    if (isViolationOf(error, 'monitors_monitor_id')) rejectProblems([duplicateId])
    if (isViolationOf(error, 'monitors_name')) rejectProblems([duplicateName])
    throw error
  }
}
