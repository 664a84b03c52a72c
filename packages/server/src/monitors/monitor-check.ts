import { checkMonitor, signatureProblems, unsupportedInMonitor, type JsonValue, type MonitorConfig } from '@smt/engine'
import type { z } from 'zod'
import type { NetworkReference } from '../networks/network-references.ts'
import type { NetworkService } from '../networks/network-service.ts'
import type { TenantTx } from '../platform/db/tx.ts'
import type { Problem } from '../platform/errors.ts'
import { checkObject, type CheckedObject, type ObjectRules } from '../tenants/check-object.ts'
import { isJsonObject, textIn } from '../tenants/json-object.ts'
import { below, pointerOf } from '../tenants/pointer.ts'
import type { Sealing } from '../tenants/secret-configuration.ts'
import { listSecretsAt } from '../tenants/secret-paths.ts'
import { isStorableText } from '../tenants/storable-text.ts'
import type { TriggerService } from '../triggers/trigger-service.ts'
import { checkFamilies, withoutForeign } from './family-check.ts'
import { addressKeyOf } from './address-key.ts'
import type { NetworkLink, TriggerLink } from './monitor-link-store.ts'
import { itemsOf, outlineOf, textsOf } from './monitor-outline.ts'
import { monitorEnvelope } from './monitor-schema.ts'
import { findMonitor, isMonitorNameTaken, type MonitorRow } from './monitor-store.ts'

type Envelope = z.output<typeof monitorEnvelope>

export type MonitorCheckDeps = Pick<NetworkService, 'resolve'> & { resolveTriggers: TriggerService['resolve'] }

export type MonitorDraft = {
  tenantId: string
  body: JsonValue
  /** The monitor that the body is to replace. */
  stored: MonitorRow | undefined
  /** Its networks as they were resolved before: they stay. */
  links: readonly NetworkLink[]
  sealing: Sealing
  /** `share` when the monitor is to be saved: what it refers to cannot go away meanwhile. */
  lock: 'share' | 'none'
}

export type CheckedMonitor = CheckedObject<Envelope, MonitorConfig> & {
  networks: NetworkReference[]
  networkLinks: NetworkLink[]
  triggerLinks: TriggerLink[]
  addressKeys: string[]
  /** How many triggers the configuration names, repetitions included. */
  triggerCount: number
}

const rules: ObjectRules<Envelope, MonitorConfig> = {
  kind: 'monitor',
  envelope: monitorEnvelope,
  mirrors: { name: 'name' },
  check: checkMonitor,
  unsupported: (configuration) => [
    ...unsupportedInMonitor(outlineOf(configuration)),
    ...listSecretsAt('monitor', configuration).map(({ pointer }) => ({
      pointer,
      code: 'unsupported_feature',
      message: 'viewing keys cannot be used yet',
    })),
  ],
}

// Addresses are indexed, and no chain has longer ones.
const addressSizeMax = 256

/** Everything that can be said about a monitor, its references included; nothing is written. */
export async function checkMonitorDraft(
  deps: MonitorCheckDeps,
  tx: TenantTx,
  { tenantId, body, stored, links, sealing, lock }: MonitorDraft,
): Promise<CheckedMonitor> {
  const checked = checkObject(rules, body, { stored: stored?.configuration, sealing })
  const { configuration } = checked
  const networkRefs = textsOf(configuration, 'networks')
  const triggerRefs = textsOf(configuration, 'triggers')
  const bound = new Map(links.map((link) => [link.networkId, link.sourceId]))
  const networks = await deps.resolve(tx, tenantId, distinct(networkRefs), { bound, lock })
  const triggers = await deps.resolveTriggers(tx, tenantId, distinct(triggerRefs), { lock })
  const types = new Set([...networks.values()].map((network) => network.networkType))
  const extensions = isJsonObject(body) ? body['extensions'] : undefined
  const conditions = checkFamilies(types, { configuration, extensions })
  const addressKeys = addressesOf(configuration).map(({ address }) => addressKeyOf(address))
  return {
    ...checked,
    problems: [
      ...checked.problems,
      ...(await identityProblems(tx, { tenantId, body, stored })),
      ...unknownReferences(networkRefs, networks, { field: 'networks', code: 'unknown_network' }),
      ...unknownReferences(triggerRefs, triggers, { field: 'triggers', code: 'unknown_trigger' }),
      ...signatureProblemsOf(configuration, types),
      ...addressProblems(configuration),
      ...conditions.problems,
    ],
    warnings: [
      ...withoutForeign(types, checked.warnings),
      ...addressWarnings(configuration, types),
      ...conditions.warnings,
    ],
    networks: [...networks.values()],
    networkLinks: firstOfEach(networkRefs).flatMap(({ text, index }) => {
      const network = networks.get(text)
      if (network === undefined) return []
      const { ownNetworkId, sourceId } = network
      return [{ position: index, networkId: text, ownNetworkId, sourceId }]
    }),
    triggerLinks: triggerRefs.flatMap(({ text, index }) => {
      const triggerRowId = triggers.get(text)
      return triggerRowId === undefined ? [] : [{ position: index, triggerRowId }]
    }),
    addressKeys: [...new Set(addressKeys)],
    triggerCount: triggerRefs.length,
  }
}

type Reference = { text: string; index: number }

function distinct(references: readonly Reference[]): string[] {
  return [...new Set(references.map(({ text }) => text).filter(isStorableText))]
}

// A network that is named twice is watched once.
function firstOfEach(references: readonly Reference[]): Reference[] {
  return references.filter(({ text }, index) => references.findIndex((other) => other.text === text) === index)
}

function unknownReferences(
  references: readonly Reference[],
  known: ReadonlyMap<string, unknown>,
  { field, code }: { field: 'networks' | 'triggers'; code: string },
): Problem[] {
  return references
    .filter(({ text }) => !known.has(text))
    .map(({ index }) => ({
      pointer: pointerOf(['configuration', field, index]),
      code,
      message: `There is no ${field === 'networks' ? 'network' : 'trigger'} with this id.`,
    }))
}

function signatureProblemsOf(
  configuration: JsonValue | undefined,
  types: ReadonlySet<NetworkReference['networkType']>,
): Problem[] {
  if (configuration === undefined) return []
  const outline = outlineOf(configuration)
  return below(
    '/configuration',
    [...types].flatMap((type) => signatureProblems(outline, type)),
  )
}

type Address = { address: string; index: number }

function addressesOf(configuration: JsonValue | undefined): Address[] {
  return itemsOf(configuration, 'addresses').flatMap((entry, index) => {
    const address = textIn(entry, 'address')
    return address === undefined ? [] : [{ address, index }]
  })
}

function addressProblems(configuration: JsonValue | undefined): Problem[] {
  return addressesOf(configuration)
    .filter(({ address }) => address.length > addressSizeMax)
    .map(({ index }) => ({
      pointer: addressPointer(index),
      code: 'too_long',
      message: `An address has at most ${addressSizeMax} characters.`,
    }))
}

function addressWarnings(
  configuration: JsonValue | undefined,
  types: ReadonlySet<NetworkReference['networkType']>,
): Problem[] {
  if (types.size !== 1 || !types.has('EVM')) return []
  return addressesOf(configuration)
    .filter(({ address }) => !/^[0-9a-f]{40}$/.test(addressKeyOf(address)))
    .map(({ index }) => ({
      pointer: addressPointer(index),
      code: 'unmatchable_address',
      message: 'No address of an EVM network looks like this, so nothing will match.',
    }))
}

function addressPointer(index: number): string {
  return pointerOf(['configuration', 'addresses', index, 'address'])
}

type Identity = Pick<MonitorDraft, 'tenantId' | 'body' | 'stored'>

/** What is wrong with who the monitor is: its id and its name. */
async function identityProblems(tx: TenantTx, { tenantId, body, stored }: Identity): Promise<Problem[]> {
  const problems: Problem[] = []
  const monitorId = textIn(body, 'monitor_id')
  const name = textIn(isJsonObject(body) ? body['configuration'] : undefined, 'name')
  if (stored !== undefined && monitorId !== undefined && monitorId !== stored.monitorId) problems.push(immutableId)
  if (stored === undefined && monitorId !== undefined && (await findMonitor(tx, tenantId, monitorId)) !== undefined) {
    problems.push(duplicateId)
  }
  if (name !== undefined && (await isMonitorNameTaken(tx, tenantId, { name, exceptId: stored?.id }))) {
    problems.push(duplicateName)
  }
  return problems
}

const immutableId: Problem = { pointer: '/monitor_id', code: 'immutable', message: 'An object keeps its id.' }
export const duplicateId: Problem = {
  pointer: '/monitor_id',
  code: 'duplicate_id',
  message: 'Another monitor has this id.',
}
export const duplicateName: Problem = {
  pointer: '/configuration/name',
  code: 'duplicate_name',
  message: 'Another monitor has this name.',
}
