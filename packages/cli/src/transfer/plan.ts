import { type NetworkConfig, stringifyJson } from '@smt/engine'
import type { Quota, ServerState, StoredObject } from '../api/stored-object.ts'
import type { CheckedDirectory } from '../config/check-directory.ts'
import type { CheckedObject } from '../config/check-object.ts'
import { normalised } from '../config/duplicates.ts'
import { type Finding, inOrder } from '../config/finding.ts'
import type { Fingerprints } from './fingerprint.ts'
import { monitorIdOf, objectIdPattern } from './object-ids.ts'
import { type Change, planObject } from './plan-object.ts'

export type ImportPlan = {
  /** In the order in which references allow it: networks, triggers, monitors. */
  changes: Change[]
  /** Networks of the directory that the operator offers already: they are used, not created. */
  shared: { id: string; file: string }[]
  problems: Finding[]
}

export type PlanOptions = {
  checked: CheckedDirectory
  state: ServerState
  /** Undefined when they may not be read; then the server alone enforces them. */
  quotas: readonly Quota[] | undefined
  fingerprints: Fingerprints
}

// The server takes no larger request.
const bodySizeMax = 1_048_576

/** What an import would do, and everything that the server is known to refuse. Sends nothing. */
export function planImport({ checked, state, quotas, fingerprints }: PlanOptions): ImportPlan {
  const shared = new Set(state.shared.map(({ id }) => id))
  const own = new Map(state.networks.map((network) => [network.id, network]))
  const isShared = ({ written }: CheckedObject<'network'>) =>
    written !== undefined && shared.has(written.slug) && !own.has(written.slug)

  const networks = checked.networks
    .filter((network) => !isShared(network))
    .map((network) => {
      const id = network.written?.slug ?? ''
      return { object: network, id, stored: own.get(id), pointer: '/slug', others: state.networks }
    })
  const triggers = checked.triggers.map((trigger) => {
    const stored = state.triggers.find(({ id }) => id === trigger.id)
    return { object: trigger, id: trigger.id, stored, pointer: '', others: state.triggers }
  })
  const monitors = checked.monitors.map((monitor) => {
    const id = monitorIdOf(monitor.stem)
    return {
      object: monitor,
      id,
      stored: state.monitors.find((other) => other.id === id),
      pointer: '',
      others: state.monitors,
    }
  })

  const planned = [
    ...networks.map((entry) => planEntry(entry, fingerprints)),
    ...triggers.map((entry) => planEntry(entry, fingerprints)),
    ...monitors.map((entry) => planEntry(entry, fingerprints)),
  ]
  const changes = planned.flatMap(({ change }) => (change === undefined ? [] : [change]))
  return {
    changes,
    shared: checked.networks.filter(isShared).map(({ written, file }) => ({ id: written?.slug ?? '', file })),
    problems: inOrder([
      ...planned.flatMap(({ problems }) => problems),
      ...networks.flatMap(({ object, stored }) => typeProblems(object, stored)),
      ...sizeProblems(changes),
      ...quotaProblems(changes, quotas),
    ]),
  }
}

type Entry<K extends Change['kind']> = {
  object: CheckedObject<K>
  id: string
  stored: StoredObject<K> | undefined
  /** Where the id comes from. */
  pointer: string
  others: readonly StoredObject<K>[]
}

function planEntry<K extends Change['kind']>(
  { object, id, stored, pointer, others }: Entry<K>,
  fingerprints: Fingerprints,
): { change: Change | undefined; problems: Finding[] } {
  const { file, base, written, notExecutable } = object
  if (written === undefined) return { change: undefined, problems: [] }
  const problems: Finding[] = [...notExecutable]
  if (!objectIdPattern.test(id)) {
    const message = 'The server takes ids of 1 to 128 characters of A-Z, a-z, 0-9, "_", "." and "-".'
    problems.push({ file, pointer: base + pointer, code: 'invalid_id', message })
  }
  const twin = others.find(
    (other) => other.id !== id && normalised(other.configuration.name) === normalised(written.name),
  )
  if (twin !== undefined) {
    const message = `The ${twin.kind} ${twin.id} of the server has this name.`
    problems.push({ file, pointer: `${base}/name`, code: 'duplicate_name', message })
  }
  const planned = planObject(object, { id, stored, fingerprints })
  return { change: planned.change, problems: [...problems, ...planned.problems] }
}

function typeProblems(
  { file, written }: CheckedObject<'network'>,
  stored: StoredObject<'network'> | undefined,
): Finding[] {
  const typeOf = (network: NetworkConfig | undefined) => network?.network_type
  if (stored === undefined || written === undefined || typeOf(stored.configuration) === typeOf(written)) return []
  const message = `The network of the server is of type ${typeOf(stored.configuration)}, and a network keeps its type.`
  return [{ file, pointer: '/network_type', code: 'immutable', message }]
}

function sizeProblems(changes: readonly Change[]): Finding[] {
  return changes
    .filter(({ body }) => Buffer.byteLength(stringifyJson(body)) > bodySizeMax)
    .map(({ file, base }) => {
      const message = 'The object is larger than the 1 MiB that the server takes.'
      return { file, pointer: base, code: 'too_large', message }
    })
}

function quotaProblems(changes: readonly Change[], quotas: readonly Quota[] | undefined): Finding[] {
  const counted = { max_networks: 'network', max_monitors: 'monitor' } as const
  return Object.entries(counted).flatMap(([name, kind]): Finding[] => {
    const quota = quotas?.find((candidate) => candidate.quota === name)
    const created = changes.filter((change) => change.kind === kind && change.action === 'create').length
    if (quota === undefined || quota.used === null || !quota.enforced || quota.used + created <= quota.limit) return []
    const message = `The quota ${name} is ${quota.limit}: ${quota.used} are used, and ${created} would be created.`
    return [{ file: `${kind}s/`, pointer: '', code: 'quota_exceeded', message }]
  })
}
