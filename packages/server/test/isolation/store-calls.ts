import * as deliveries from '../../src/delivery/delivery-store.ts'
import * as matches from '../../src/delivery/match-store.ts'
import * as links from '../../src/monitors/monitor-link-store.ts'
import * as statuses from '../../src/monitors/monitor-status-store.ts'
import * as monitors from '../../src/monitors/monitor-store.ts'
import * as versions from '../../src/monitors/monitor-version-store.ts'
import * as references from '../../src/networks/network-reference-store.ts'
import * as networks from '../../src/networks/network-store.ts'
import * as sources from '../../src/networks/source-status-store.ts'
import * as demand from '../../src/networks/rpc-demand-store.ts'
import type { TenantTx } from '../../src/platform/db/tx.ts'
import * as accounts from '../../src/tenants/account-store.ts'
import * as apiKeys from '../../src/tenants/api-key-store.ts'
import * as audit from '../../src/tenants/audit-store.ts'
import * as idempotency from '../../src/tenants/idempotency-store.ts'
import * as members from '../../src/tenants/member-store.ts'
import * as notices from '../../src/tenants/notice-store.ts'
import * as quotaRequests from '../../src/tenants/quota-request-store.ts'
import * as rpcUse from '../../src/tenants/rpc-use-store.ts'
import * as probe from '../../src/probe/probe-store.ts'
import * as quotas from '../../src/tenants/quota-store.ts'
import * as storage from '../../src/tenants/storage-store.ts'
import * as tenantKeys from '../../src/tenants/tenant-key-store.ts'
import * as tenants from '../../src/tenants/tenant-store.ts'
import * as triggers from '../../src/triggers/trigger-store.ts'
import * as usageClose from '../../src/usage/usage-close-store.ts'
import * as usageCount from '../../src/usage/usage-count-store.ts'
import * as usageReport from '../../src/usage/usage-report-store.ts'

/** What `seedEveryTenantTable` gave the tenant with this mark: where a call aims. */
export type Place = ReturnType<typeof placeOf>

export function placeOf(tenant: string, mark: string) {
  const id = (n: number) => `018f0000-0000-7000-8000-0000000${mark}${String(n).padStart(4, '0')}`
  return {
    tenant,
    mark,
    id,
    user: id(1),
    /** Somebody who is no member yet; a person may be one of several tenants and is then shown to each. */
    newcomer: id(1013),
    apiKey: id(2),
    source: id(4),
    network: id(5),
    trigger: id(6),
    monitor: id(7),
    version: id(8),
    match: id(9),
    delivery: id(10),
    quotaRequest: id(11),
    email: `${mark}@example.com`,
    blockHash: `0x${mark.repeat(64)}`,
  }
}

/**
 * One call of one store method in a transaction of `self`, aimed at what belongs to `at`. Sources that are only written
 * down, to be read again, are the tenant's own: they are platform rows, which services look up and never take from outside.
 */
export type StoreCall = (tx: TenantTx, self: Place, at: Place) => Promise<unknown>

const limit = 50
const range = { since: new Date('2020-01-01T00:00:00Z'), until: new Date('2100-01-01T00:00:00Z') }
const hour = new Date('2026-01-01T00:00:00Z')
const content = { labels: {}, extensions: {} }
const page = { limit, after: undefined }

/** Every exported function of a store that takes the transaction of a tenant; a test holds this list against the sources. */
export const storeCalls: Record<string, StoreCall> = {
  listDeliveries: (tx, self, at) =>
    deliveries.listDeliveries(tx, self.tenant, { ...page, filter: { matchId: at.match } }),
  findDelivery: (tx, self, at) => deliveries.findDelivery(tx, self.tenant, at.delivery),
  lockDelivery: (tx, self, at) => deliveries.lockDelivery(tx, self.tenant, at.delivery),
  listAttempts: (tx, self, at) => deliveries.listAttempts(tx, self.tenant, { deliveryId: at.delivery, limit }),
  replayDelivery: (tx, self, at) => deliveries.replayDelivery(tx, self.tenant, at.delivery),
  replayDeliveries: (tx, self) => deliveries.replayDeliveries(tx, self.tenant, { filter: {}, limit }),
  lookNow: (tx, self) => deliveries.lookNow(tx, self.tenant),

  listMatches: (tx, self) => matches.listMatches(tx, self.tenant, { ...page, filter: {} }),
  countMatchesByDay: (tx, self) => matches.countMatchesByDay(tx, self.tenant, { filter: {}, limit }),
  findMatch: (tx, self, at) => matches.findMatch(tx, self.tenant, at.match),

  listNetworkLinks: (tx, self, at) => links.listNetworkLinks(tx, self.tenant, at.monitor),
  deleteNetworkLinks: (tx, self, at) => links.deleteNetworkLinks(tx, self.tenant, at.monitor),
  insertNetworkLinks: (tx, self, at) =>
    links.insertNetworkLinks(tx, self.tenant, {
      id: self.monitor,
      links: [{ position: 9, networkId: 'n', ownNetworkId: at.network, sourceId: at.source }],
    }),
  deleteAddressKeys: (tx, self, at) => links.deleteAddressKeys(tx, self.tenant, at.monitor),
  insertAddressKeys: (tx, self, at) =>
    links.insertAddressKeys(tx, self.tenant, { id: at.monitor, addressKeys: ['another'] }),
  deleteTriggerLinks: (tx, self, at) => links.deleteTriggerLinks(tx, self.tenant, at.monitor),
  insertTriggerLinks: (tx, self, at) =>
    links.insertTriggerLinks(tx, self.tenant, { id: self.monitor, links: [{ position: 9, triggerRowId: at.trigger }] }),
  listNeighbours: (tx, self, at) =>
    links.listNeighbours(tx, self.tenant, { sourceIds: [at.source], exceptId: undefined }),

  listMonitorNetworks: (tx, self, at) => statuses.listMonitorNetworks(tx, self.tenant, [at.monitor]),

  listMonitors: (tx, self) => monitors.listMonitors(tx, self.tenant, { limit }),
  findMonitor: (tx, self) => monitors.findMonitor(tx, self.tenant, 'm'),
  lockMonitor: (tx, self) => monitors.lockMonitor(tx, self.tenant, 'm'),
  insertMonitor: (tx, self) =>
    monitors.insertMonitor(tx, self.tenant, {
      ...content,
      id: self.id(1001),
      monitorId: 'second',
      versionId: self.id(1002),
      configuration: { name: 'second', paused: false },
      severity: 'low',
    }),
  updateMonitor: (tx, self, at) =>
    monitors.updateMonitor(tx, self.tenant, {
      ...content,
      id: at.monitor,
      version: 2,
      versionId: self.id(1003),
      configuration: { name: `of ${self.mark}`, paused: true },
      severity: 'high',
    }),
  deactivateMonitor: (tx, self, at) => monitors.deactivateMonitor(tx, self.tenant, at.monitor),
  isMonitorNameTaken: (tx, self) =>
    monitors.isMonitorNameTaken(tx, self.tenant, { name: 'never used', exceptId: undefined }),
  insertMonitorChanges: (tx, self, at) =>
    monitors.insertMonitorChanges(tx, self.tenant, { id: self.monitor, sourceIds: [at.source] }),

  insertMonitorVersion: (tx, self, at) =>
    versions.insertMonitorVersion(tx, self.tenant, {
      ...content,
      id: self.id(1004),
      monitorId: at.monitor,
      version: 7,
      createdBy: 'somebody',
      configuration: {},
      severity: 'low',
    }),
  listMonitorVersions: (tx, self, at) =>
    versions.listMonitorVersions(tx, self.tenant, { monitorId: at.monitor, before: undefined, limit }),

  listOwnReferences: (tx, self, at) =>
    references.listOwnReferences(tx, self.tenant, { networkIds: ['n'], sourceIds: [at.source] }),
  lockOwnReferences: (tx, self, at) =>
    references.lockOwnReferences(tx, self.tenant, { networkIds: ['n'], sourceIds: [at.source] }),
  listSharedReferences: (tx, _, at) =>
    references.listSharedReferences(tx, { networkIds: ['n'], sourceIds: [at.source] }),

  listNetworks: (tx, self) => networks.listNetworks(tx, self.tenant, { limit }),
  findOwnNetwork: (tx, self) => networks.findOwnNetwork(tx, self.tenant, 'n'),
  lockOwnNetwork: (tx, self) => networks.lockOwnNetwork(tx, self.tenant, 'n'),
  findSharedNetwork: (tx) => networks.findSharedNetwork(tx, 'n'),
  insertSource: (tx, self) => networks.insertSource(tx, { id: self.id(1005), leaseKey: `own:${self.mark}` }),
  insertNetwork: (tx, self) =>
    networks.insertNetwork(tx, self.tenant, {
      ...content,
      id: self.id(1006),
      sourceId: self.source,
      configuration: { slug: 'second', name: 'second', network_type: 'EVM' },
      explorerUrl: null,
    }),
  updateNetwork: (tx, self, at) =>
    networks.updateNetwork(tx, self.tenant, {
      ...content,
      id: at.network,
      version: 2,
      configuration: { slug: 'n', name: `of ${self.mark}`, network_type: 'EVM' },
      explorerUrl: null,
    }),
  deactivateNetwork: (tx, self, at) => networks.deactivateNetwork(tx, self.tenant, at.network),
  isNetworkNameTaken: (tx, self) =>
    networks.isNetworkNameTaken(tx, self.tenant, { name: 'never used', exceptId: undefined }),
  listMonitorsOfNetwork: (tx, self, at) => networks.listMonitorsOfNetwork(tx, self.tenant, at.network),
  insertNetworkChange: (tx, self, at) =>
    networks.insertNetworkChange(tx, self.tenant, { id: self.network, sourceId: at.source }),

  listSources: (tx, _, at) => sources.listSources(tx, [at.source]),
  listGaps: (tx, _, at) => sources.listGaps(tx, at.source, limit),

  createUser: (tx, self) =>
    accounts.createUser(tx, { id: self.id(1007), email: `new-${self.mark}@example.com`, passwordHash: 'x' }),
  openSession: (tx, self, at) =>
    accounts.openSession(tx, {
      id: self.id(1008),
      userId: at.user,
      tokenHash: Buffer.from(self.mark),
      expiresAt: range.until,
    }),

  insertApiKey: (tx, self) =>
    apiKeys.insertApiKey(tx, self.tenant, {
      id: self.id(1009),
      name: 'second',
      keyId: `second-${self.mark}`,
      secretHash: Buffer.from('x'),
      permissions: [],
      creatorRole: 'owner',
      createdBy: self.user,
      expiresAt: null,
    }),
  listApiKeys: (tx, self) => apiKeys.listApiKeys(tx, self.tenant, { before: undefined, limit }),
  findApiKey: (tx, self, at) => apiKeys.findApiKey(tx, self.tenant, at.apiKey),
  revokeApiKey: (tx, self, at) => apiKeys.revokeApiKey(tx, self.tenant, at.apiKey),

  insertAuditEvent: (tx, self) =>
    audit.insertAuditEvent(tx, self.tenant, {
      actor: { kind: 'system', name: 'test' },
      action: 'monitor.create',
      target: { kind: 'monitor', id: 'm' },
    }),
  listAuditEvents: (tx, self) =>
    audit.listAuditEvents(tx, self.tenant, {
      limit,
      before: undefined,
      action: undefined,
      targetKind: undefined,
      since: undefined,
      until: undefined,
    }),

  claimIdempotencyKey: (tx, self) =>
    idempotency.claimIdempotencyKey(tx, self.tenant, { key: 'second', fingerprint: Buffer.from('x') }),
  findStoredReply: (tx, self) => idempotency.findStoredReply(tx, self.tenant, 'k'),
  storeReply: (tx, self) =>
    idempotency.storeReply(tx, self.tenant, { key: 'k', status: 200, sealedResponse: `of ${self.mark}` }),

  listMembers: (tx) => members.listMembers(tx, page),
  findMember: (tx, _, at) => members.findMember(tx, at.user),
  findCandidate: (tx, _, at) => members.findCandidate(tx, at.email),
  lockMembers: (tx, self, at) => members.lockMembers(tx, self.tenant, at.user),
  insertMember: (tx, self) => members.insertMember(tx, self.tenant, { userId: self.newcomer, role: 'viewer' }),
  updateMember: (tx, self, at) => members.updateMember(tx, self.tenant, { userId: at.user, role: 'admin' }),
  deleteMember: (tx, self, at) => members.deleteMember(tx, self.tenant, at.user),

  listNotices: (tx, self) =>
    notices.listNotices(tx, self.tenant, { limit, before: undefined, kind: undefined, state: undefined }),

  listQuotas: (tx, self) => quotas.listQuotas(tx, self.tenant),
  takeQuota: (tx, self) => quotas.takeQuota(tx, self.tenant, 'max_monitors'),
  returnQuota: async (tx, self) => {
    await quotas.takeQuota(tx, self.tenant, 'max_monitors')
    await quotas.returnQuota(tx, self.tenant, 'max_monitors')
  },
  lockLimit: (tx, self) => quotas.lockLimit(tx, self.tenant, 'max_monitors'),
  lockQuota: (tx, self) => quotas.lockQuota(tx, self.tenant, 'max_monitors'),
  closeCountedQuotas: (tx, self) => quotas.closeCountedQuotas(tx, self.tenant),
  readStoredBytes: (tx, self) => storage.readStoredBytes(tx, self.tenant),
  withinStorage: (tx, self) => storage.withinStorage(tx, self.tenant, async () => 'written'),
  findWrappedKey: (tx, self) => tenantKeys.findWrappedKey(tx, self.tenant),

  findTenant: (tx, self) => tenants.findTenant(tx, self.tenant),
  lockTenant: (tx, self) => tenants.lockTenant(tx, self.tenant),
  createTenant: (tx, self) =>
    tenants.createTenant(tx, {
      id: self.id(1010),
      slug: `new-${self.mark}`,
      name: 'new',
      ownerId: self.user,
      wrappedKey: 'w',
    }),
  lockNoticeTrigger: (tx, self) => tenants.lockNoticeTrigger(tx, self.tenant, 't'),
  updateTenant: (tx, self, at) =>
    tenants.updateTenant(tx, self.tenant, { name: `of ${self.mark}`, noticeTrigger: at.trigger }),
  deactivateTenant: (tx, self) => tenants.deactivateTenant(tx, self.tenant),
  insertChangesOfAllMonitors: (tx, self) => tenants.insertChangesOfAllMonitors(tx, self.tenant),
  deactivateMonitors: (tx, self) => tenants.deactivateMonitors(tx, self.tenant),
  deactivateNetworks: (tx, self) => tenants.deactivateNetworks(tx, self.tenant),
  deactivateTriggers: (tx, self) => tenants.deactivateTriggers(tx, self.tenant),
  insertChangesOfNetworks: (tx, self) => tenants.insertChangesOfNetworks(tx, self.tenant),
  insertChangesOfTriggers: (tx, self) => tenants.insertChangesOfTriggers(tx, self.tenant),

  listTriggers: (tx, self) => triggers.listTriggers(tx, self.tenant, { limit }),
  findTrigger: (tx, self) => triggers.findTrigger(tx, self.tenant, 't'),
  lockTrigger: (tx, self) => triggers.lockTrigger(tx, self.tenant, 't'),
  insertTrigger: (tx, self) =>
    triggers.insertTrigger(tx, self.tenant, {
      ...content,
      id: self.id(1011),
      triggerId: 'second',
      configuration: { name: 'second', trigger_type: 'webhook' },
    }),
  updateTrigger: (tx, self, at) =>
    triggers.updateTrigger(tx, self.tenant, {
      ...content,
      id: at.trigger,
      version: 2,
      previousSecret: 'keep',
      configuration: { name: `of ${self.mark}`, trigger_type: 'webhook' },
    }),
  enableTrigger: (tx, self, at) => triggers.enableTrigger(tx, self.tenant, at.trigger),
  deactivateTrigger: (tx, self, at) => triggers.deactivateTrigger(tx, self.tenant, at.trigger),
  isTriggerNameTaken: (tx, self) =>
    triggers.isTriggerNameTaken(tx, self.tenant, { name: 'never used', exceptId: undefined }),
  listMonitorsOfTrigger: (tx, self, at) => triggers.listMonitorsOfTrigger(tx, self.tenant, at.trigger),
  carriesNotices: (tx, self, at) => triggers.carriesNotices(tx, self.tenant, at.trigger),
  listTriggerReferences: (tx, self) => triggers.listTriggerReferences(tx, self.tenant, ['t']),
  lockTriggerReferences: (tx, self) => triggers.lockTriggerReferences(tx, self.tenant, ['t']),
  insertTriggerChange: (tx, self) => triggers.insertTriggerChange(tx, self.tenant, self.trigger),

  setShare: (tx, self) =>
    usageClose.setShare(tx, self.tenant, { sourceId: self.source, networkId: 'n', hour, calls: 5n }),
  findOpenSince: (tx, self) => usageClose.findOpenSince(tx, self.tenant),
  closeStored: (tx, self) => usageClose.closeStored(tx, self.tenant, range),
  setClosedUntil: (tx, self) => usageClose.setClosedUntil(tx, self.tenant, hour),
  listHourRows: (tx, self) => usageClose.listHourRows(tx, self.tenant, range),
  setParts: (tx, self, at) =>
    usageClose.setParts(tx, self.tenant, [{ hour, sourceId: at.source, monitorId: at.monitor, own: 1n, shared: 1n }]),
  sampleStorage: (tx, self) => usageClose.sampleStorage(tx, self.tenant, hour),
  addTenantCounts: (tx, self) =>
    usageCount.addTenantCounts(tx, self.tenant, {
      writer: self.id(1012),
      batch: 1,
      counts: [{ sourceId: self.source, networkId: 'n', monitorId: self.monitor, evaluations: 1, rpcCalls: 1 }],
    }),
  listUsage: (tx, self) =>
    usageReport.listUsage(tx, self.tenant, {
      ...page,
      question: {
        from: range.since,
        to: range.until,
        interval: 'month',
        groupBy: 'monitor',
        metrics: ['evaluations', 'matches'],
      },
    }),

  listWatchedNetworks: (tx, self) => demand.listWatchedNetworks(tx, self.tenant, { exceptMonitorId: undefined }),
  lockRpcLimit: (tx, self) => demand.lockRpcLimit(tx, self.tenant),
  readRpcUse: (tx, self) => rpcUse.readRpcUse(tx, self.tenant),
  listReadableTables: (tx) => probe.listReadableTables(tx),
  countForeignRows: (tx, self) => probe.countForeignRows(tx, { table: 'monitors', tenantId: self.tenant }),
  hasOwnRows: (tx, self) => probe.hasOwnRows(tx, { table: 'monitors', tenantId: self.tenant }),
  insertQuotaRequest: (tx, self) =>
    quotaRequests.insertQuotaRequest(tx, self.tenant, {
      id: self.id(1014),
      quota: 'max_networks',
      value: 20,
      reason: 'more',
      requestedBy: 'somebody',
      limitBefore: 10,
    }),
  listQuotaRequests: (tx, self) =>
    quotaRequests.listQuotaRequests(tx, self.tenant, { before: undefined, limit, state: undefined }),
  lockQuotaRequest: (tx, self, at) => quotaRequests.lockQuotaRequest(tx, self.tenant, at.quotaRequest),
  withdrawQuotaRequest: (tx, self, at) => quotaRequests.withdrawQuotaRequest(tx, self.tenant, at.quotaRequest),
}
