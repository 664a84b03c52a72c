import { createTally } from '../platform/tally.ts'

/** What a poll is counted under; `tenant` is undefined for shared sources. */
export type PollGroup = {
  tenant: string | undefined
  host: string
  /** Its last poll ended well: it can be expected to be quick. */
  isSound: boolean
}

/**
 * How many polls may run at once in this process. What tenants bring can never take the places of shared sources, and
 * what does not answer can never take those of what does: of 32 places, own networks have 24 at most; of these the sound
 * ones 20 and the others 16, so that each kind keeps some whatever the others do.
 */
export type PollLimits = {
  runningMax: number
  ownMax: number
  soundMax: number
  unsoundMax: number
  perTenantMax: number
  /** Of shared sources and of own ones each: tenants cannot fill the host of a shared network either. */
  perHostMax: number
}

export const defaultPollLimits: PollLimits = {
  runningMax: 32,
  ownMax: 24,
  soundMax: 20,
  unsoundMax: 16,
  perTenantMax: 2,
  perHostMax: 8,
}

export type PollKind = 'shared' | 'sound' | 'unsound'

export function pollKindOf({ tenant, isSound }: PollGroup): PollKind {
  if (tenant === undefined) return 'shared'
  return isSound ? 'sound' : 'unsound'
}

/** The places of a process, and who has them. */
export type PollPlaces = {
  /** Whether anything of this kind can be given a place at all. */
  isOpen(kind: PollKind): boolean
  /** Takes a place when there is one for it; answers how it is given back. */
  take(group: PollGroup): (() => void) | undefined
  /** Takes one whether there is one or not. */
  occupy(group: PollGroup): () => void
}

export function createPollPlaces(limits: PollLimits): PollPlaces {
  const kinds = createTally()
  const tenants = createTally()
  const hosts = createTally()
  const kindMax = { shared: limits.runningMax, sound: limits.soundMax, unsound: limits.unsoundMax }

  const isOpen = (kind: PollKind): boolean => {
    const own = kinds.of('sound') + kinds.of('unsound')
    if (own + kinds.of('shared') >= limits.runningMax || kinds.of(kind) >= kindMax[kind]) return false
    return kind === 'shared' || own < limits.ownMax
  }

  const hostOf = ({ tenant, host }: PollGroup) => `${tenant === undefined ? 'shared' : 'own'} ${host}`

  const occupy = (group: PollGroup): (() => void) => {
    const { tenant } = group
    const kind = pollKindOf(group)
    const host = hostOf(group)
    kinds.add(kind)
    hosts.add(host)
    if (tenant !== undefined) tenants.add(tenant)
    return () => {
      kinds.remove(kind)
      hosts.remove(host)
      if (tenant !== undefined) tenants.remove(tenant)
    }
  }

  return {
    isOpen,
    take: (group) => {
      const { tenant } = group
      if (!isOpen(pollKindOf(group)) || hosts.of(hostOf(group)) >= limits.perHostMax) return undefined
      if (tenant !== undefined && tenants.of(tenant) >= limits.perTenantMax) return undefined
      return occupy(group)
    },
    occupy,
  }
}
