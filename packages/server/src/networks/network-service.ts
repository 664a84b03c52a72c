import {
  checkNetwork,
  networkTypes,
  unsupportedInNetwork,
  type JsonValue,
  type NetworkConfig,
  type NetworkType,
} from '@smt/engine'
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import { isViolationOf } from '../platform/db/database-error.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import { AppError, NotFoundError, type Problem } from '../platform/errors.ts'
import type { Ids } from '../platform/ids.ts'
import { insertAuditEvent } from '../tenants/audit-store.ts'
import { checkObject, type ObjectRules } from '../tenants/check-object.ts'
import { objectIdPattern } from '../tenants/envelope.ts'
import { textIn } from '../tenants/json-object.ts'
import { patchObject } from '../tenants/merge-patch.ts'
import { decodeCursor, encodeCursor, page, type Page } from '../tenants/page.ts'
import { lockQuota, returnQuota, takeQuota } from '../tenants/quota-store.ts'
import { rejectProblems } from '../tenants/reject-problems.ts'
import { sealConfiguration, type Sealing } from '../tenants/secret-configuration.ts'
import { isStorableText } from '../tenants/storable-text.ts'
import type { TenantKeys } from '../tenants/tenant-key-service.ts'
import { withinStorage } from '../tenants/storage-store.ts'
import { assertVersion } from '../tenants/version.ts'
import type { WriteContext } from '../tenants/write-context.ts'
import { networkAnswerOf, networkInputOf, type NetworkAnswer } from './network-answer.ts'
import { resolveNetworks, type NetworkReference, type ResolveOptions } from './network-references.ts'
import { networkEnvelope } from './network-schema.ts'
import {
  deactivateNetwork,
  findOwnNetwork,
  findSharedNetwork,
  insertNetwork,
  insertNetworkChange,
  insertSource,
  isNetworkNameTaken,
  listMonitorsOfNetwork,
  listNetworks,
  lockOwnNetwork,
  updateNetwork,
  type NetworkContent,
  type NetworkRow,
} from './network-store.ts'
import { ownLeaseKey } from './lease-key.ts'
import { withinRpcDemand } from './rpc-demand.ts'
import { listGaps, listSources } from './source-status-store.ts'
import { sourceStatusOf, type SourceStatus } from './source-status.ts'

export type NetworkStatus = SourceStatus & {
  network_id: string
  shared: boolean
  /** The latest ranges that were not evaluated, newest first. */
  gaps: { from_block: bigint; to_block: bigint; state: string; reason: string | null; created_at: string }[]
}

export type SavedNetwork = { network: NetworkAnswer; warnings: Problem[] }

export type NetworkQuery = {
  limit: number
  cursor?: string | undefined
  q?: string | undefined
  network_type?: NetworkType | undefined
}

/**
 * The networks that a tenant can refer to: its own, and those that the operator shares. Own networks are written here;
 * every change is counted, audited and announced to ingestion in its own transaction.
 */
export type NetworkService = {
  list(tx: TenantTx, tenantId: string, query: NetworkQuery): Promise<Page<NetworkAnswer>>
  get(tx: TenantTx, tenantId: string, networkId: string): Promise<NetworkAnswer>
  getStatus(tx: TenantTx, tenantId: string, networkId: string): Promise<NetworkStatus>
  create(tx: TenantTx, context: WriteContext, body: JsonValue): Promise<SavedNetwork>
  replace(tx: TenantTx, context: WriteContext, networkId: string, body: JsonValue): Promise<SavedNetwork>
  patch(tx: TenantTx, context: WriteContext, networkId: string, patch: JsonValue): Promise<SavedNetwork>
  remove(tx: TenantTx, context: WriteContext, networkId: string): Promise<void>
  resolve(
    tx: TenantTx,
    tenantId: string,
    networkIds: readonly string[],
    options: ResolveOptions,
  ): Promise<Map<string, NetworkReference>>
  /** What ingestion says of the sources, by id; a source that the tenant cannot see is absent. */
  listStatus(tx: TenantTx, sourceIds: readonly string[]): Promise<Map<string, SourceStatus>>
}

export type NetworkServiceDeps = { ids: Ids; clock: Clock; tenantKeys: TenantKeys }

// What this version cannot execute depends on the type alone, which may be right when all else is wrong.
const blankNetwork = { slug: '', name: '', rpc_urls: [], block_time_ms: 0, confirmation_blocks: 0, cron_schedule: '' }

const rules: ObjectRules<z.output<typeof networkEnvelope>, NetworkConfig> = {
  kind: 'network',
  envelope: networkEnvelope,
  mirrors: { name: 'name', network_id: 'slug', network_type: 'network_type' },
  check: checkNetwork,
  unsupported: (configuration) => {
    const networkType = networkTypes.find((known) => known === textIn(configuration, 'network_type'))
    return networkType === undefined ? [] : unsupportedInNetwork({ ...blankNetwork, network_type: networkType })
  },
}
const gapsMax = 100
const cursorSchema = z.tuple([z.boolean(), z.string().refine(isStorableText)])

type Draft = { id: string; stored: NetworkRow | undefined }

export function createNetworkService({ ids, clock, tenantKeys }: NetworkServiceDeps): NetworkService {
  const find = async (tx: TenantTx, tenantId: string, networkId: string): Promise<NetworkRow> => {
    const row = objectIdPattern.test(networkId)
      ? ((await findOwnNetwork(tx, tenantId, networkId)) ?? (await findSharedNetwork(tx, networkId)))
      : undefined
    if (row === undefined) throw new NotFoundError('The network')
    return row
  }

  const findOwn = async (tx: TenantTx, tenantId: string, networkId: string): Promise<NetworkRow> => {
    const row = await find(tx, tenantId, networkId)
    if (row.isShared)
      throw new AppError('conflict', 'This network is shared by the operator and cannot be changed here.')
    return row
  }

  const lock = async (tx: TenantTx, { tenantId, ifMatch }: WriteContext, networkId: string): Promise<NetworkRow> => {
    await findOwn(tx, tenantId, networkId)
    const row = await lockOwnNetwork(tx, tenantId, networkId)
    if (row === undefined) throw new NotFoundError('The network')
    assertVersion(ifMatch, row.version)
    return row
  }

  const listStatus: NetworkService['listStatus'] = async (tx, sourceIds) => {
    const rows = sourceIds.length === 0 ? [] : await listSources(tx, sourceIds)
    return new Map(rows.map((row) => [row.sourceId, sourceStatusOf(row, clock.now())]))
  }

  const answer = async (tx: TenantTx, rows: readonly NetworkRow[]): Promise<NetworkAnswer[]> => {
    const statuses = await listStatus(
      tx,
      rows.map((row) => row.sourceId),
    )
    return rows.map((row) => networkAnswerOf(row, statuses.get(row.sourceId) ?? null))
  }

  const get: NetworkService['get'] = async (tx, tenantId, networkId) => {
    const row = await find(tx, tenantId, networkId)
    const statuses = await listStatus(tx, [row.sourceId])
    return networkAnswerOf(row, statuses.get(row.sourceId) ?? null)
  }

  /** The content to store, or all problems of the body. */
  const draft = async (tx: TenantTx, tenantId: string, { id, stored }: Draft, body: JsonValue) => {
    const sealing: Sealing = {
      secrets: await tenantKeys.forTenant(tx, tenantId),
      place: { tenantId, table: 'networks', rowId: id, column: 'configuration' },
    }
    const checked = checkObject(rules, body, { stored: stored?.configuration, sealing })
    rejectProblems([
      ...checked.problems,
      ...(await identityProblems(tx, tenantId, { configuration: checked.configuration, stored })),
    ])
    const { envelope, configuration } = checked
    if (envelope === undefined || configuration === undefined)
      throw new Error('an object without problems has no content')
    const content: NetworkContent = {
      configuration: sealConfiguration('network', configuration, sealing),
      explorerUrl: envelope.explorer_url,
      labels: envelope.labels,
      extensions: envelope.extensions,
    }
    const networkId = textIn(configuration, 'slug') ?? ''
    if (networkId !== stored?.networkId) await rejectSharedSlug(tx, networkId)
    return { content, networkId, warnings: checked.warnings }
  }

  const replaceLocked = async (tx: TenantTx, context: WriteContext, stored: NetworkRow, body: JsonValue) => {
    const { tenantId } = context
    const { content, networkId, warnings } = await draft(tx, tenantId, { id: stored.id, stored }, body)
    if (networkId !== stored.networkId) await rejectWhenUsed(tx, tenantId, stored, 'renamed')
    await translateViolations(() =>
      updateNetwork(tx, tenantId, { ...content, id: stored.id, version: stored.version + 1 }),
    )
    await insertNetworkChange(tx, tenantId, stored)
    await insertAuditEvent(tx, tenantId, {
      actor: context.actor,
      origin: context.origin,
      action: 'network.update',
      target: { kind: 'network', id: networkId },
      before: networkInputOf(stored),
      after: networkInputOf(content),
    })
    return { network: await get(tx, tenantId, networkId), warnings }
  }

  /** A watched network that is to be read more often is asked for more. */
  const withinLimits = <T>(tx: TenantTx, { tenantId }: WriteContext, write: () => Promise<T>): Promise<T> =>
    withinStorage(tx, tenantId, () =>
      withinRpcDemand(tx, tenantId, { now: clock.now(), pointer: '/configuration' }, write),
    )

  const create: NetworkService['create'] = async (tx, context, body) => {
    const { tenantId } = context
    const id = ids.uuid()
    const { content, networkId, warnings } = await draft(tx, tenantId, { id, stored: undefined }, body)
    await takeQuota(tx, tenantId, 'max_networks')
    const sourceId = ids.uuid()
    await insertSource(tx, { id: sourceId, leaseKey: ownLeaseKey(tenantId) })
    await translateViolations(() => insertNetwork(tx, tenantId, { ...content, id, sourceId }))
    await insertNetworkChange(tx, tenantId, { id, sourceId })
    await insertAuditEvent(tx, tenantId, {
      actor: context.actor,
      origin: context.origin,
      action: 'network.create',
      target: { kind: 'network', id: networkId },
      after: networkInputOf(content),
    })
    return { network: await get(tx, tenantId, networkId), warnings }
  }

  return {
    get,
    listStatus,
    resolve: (tx, tenantId, networkIds, options) => resolveNetworks(tx, tenantId, { ...options, networkIds }),

    list: async (tx, tenantId, { limit, cursor, q, network_type: networkType }) => {
      const [isShared, networkId] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
      const after = isShared === undefined || networkId === undefined ? undefined : { isShared, networkId }
      const rows = await listNetworks(tx, tenantId, { limit: limit + 1, after, q, networkType })
      const { items, next_cursor } = page(rows, limit, (row) => encodeCursor([row.isShared, row.networkId]))
      return { items: await answer(tx, items), next_cursor }
    },

    getStatus: async (tx, tenantId, networkId) => {
      const row = await find(tx, tenantId, networkId)
      const status = (await listStatus(tx, [row.sourceId])).get(row.sourceId)
      if (status === undefined) throw new Error('a visible network has no visible source')
      const gaps = await listGaps(tx, row.sourceId, gapsMax)
      return {
        network_id: row.networkId,
        shared: row.isShared,
        ...status,
        gaps: gaps.map((gap) => ({
          from_block: gap.fromBlock,
          to_block: gap.toBlock,
          state: gap.state,
          reason: gap.reason,
          created_at: gap.createdAt.toISOString(),
        })),
      }
    },

    create: (tx, context, body) => withinStorage(tx, context.tenantId, () => create(tx, context, body)),

    replace: (tx, context, networkId, body) =>
      withinLimits(tx, context, async () => replaceLocked(tx, context, await lock(tx, context, networkId), body)),

    patch: (tx, context, networkId, patch) =>
      withinLimits(tx, context, async () => {
        const stored = await lock(tx, context, networkId)
        return replaceLocked(tx, context, stored, patchObject(networkInputOf(stored), patch))
      }),

    remove: async (tx, context, networkId) => {
      const { tenantId } = context
      await findOwn(tx, tenantId, networkId)
      // Quota rows are locked before objects, everywhere.
      await lockQuota(tx, tenantId, 'max_networks')
      const stored = await lock(tx, context, networkId)
      await rejectWhenUsed(tx, tenantId, stored, 'deleted')
      await deactivateNetwork(tx, tenantId, stored.id)
      await returnQuota(tx, tenantId, 'max_networks')
      await insertNetworkChange(tx, tenantId, stored)
      await insertAuditEvent(tx, tenantId, {
        actor: context.actor,
        origin: context.origin,
        action: 'network.delete',
        target: { kind: 'network', id: networkId },
        before: networkInputOf(stored),
      })
    },
  }
}

type Identity = { configuration: JsonValue | undefined; stored: NetworkRow | undefined }

/** What is wrong with who the network is: its id, its name, its type. */
async function identityProblems(
  tx: TenantTx,
  tenantId: string,
  { configuration, stored }: Identity,
): Promise<Problem[]> {
  const problems: Problem[] = []
  const slug = textIn(configuration, 'slug')
  const name = textIn(configuration, 'name')
  const networkType = textIn(configuration, 'network_type')
  if (slug !== undefined && !objectIdPattern.test(slug)) {
    const message = 'The slug is the id of the network: 1 to 128 characters.'
    problems.push({ pointer: '/configuration/slug', code: 'invalid_id', message })
  } else if (slug !== undefined && slug !== stored?.networkId) {
    if ((await findOwnNetwork(tx, tenantId, slug)) !== undefined) problems.push(duplicateId)
  }
  if (name !== undefined && (await isNetworkNameTaken(tx, tenantId, { name, exceptId: stored?.id }))) {
    problems.push(duplicateName)
  }
  if (stored !== undefined && networkType !== undefined && networkType !== stored.networkType) {
    const message = 'A network keeps its type. Create another network for another chain.'
    problems.push({ pointer: '/configuration/network_type', code: 'immutable', message })
  }
  return problems
}

async function rejectWhenUsed(tx: TenantTx, tenantId: string, network: NetworkRow, change: string): Promise<void> {
  const monitors = await listMonitorsOfNetwork(tx, tenantId, network.id)
  if (monitors.length === 0) return
  throw new AppError('conflict', `This network is used by monitors and cannot be ${change}.`, { details: { monitors } })
}

/** An own network would hide the shared one from new monitors: whoever means that takes another slug (design 7.12). */
async function rejectSharedSlug(tx: TenantTx, slug: string): Promise<void> {
  if ((await findSharedNetwork(tx, slug)) === undefined) return
  throw new AppError('conflict', 'A network that the operator shares has this slug.', { details: { network_id: slug } })
}

const duplicateId: Problem = {
  pointer: '/configuration/slug',
  code: 'duplicate_id',
  message: 'Another network has this slug.',
}

const duplicateName: Problem = {
  pointer: '/configuration/name',
  code: 'duplicate_name',
  message: 'Another network has this name.',
}

/** Two requests at once: the unique index says to the second what the look-up could not yet see. */
async function translateViolations(save: () => Promise<void>): Promise<void> {
  try {
    await save()
  } catch (error) {
    if (isViolationOf(error, 'networks_network_id')) rejectProblems([duplicateId])
    if (isViolationOf(error, 'networks_name')) rejectProblems([duplicateName])
    throw error
  }
}
