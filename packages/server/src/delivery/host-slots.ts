import type { Clock } from '../platform/clock.ts'

/**
 * Bounds the deliveries that are sent to one host at once, and what slow hosts may hold altogether: a host that does not
 * answer must not take the room of those that do.
 */
export type HostSlots = {
  /** Takes a slot. False when there is none: the caller comes back later. */
  enter(host: string, trigger: SlotTrigger): boolean
  /** Gives it back, and tells how long the host took. */
  leave(host: string, trigger: SlotTrigger, tookMs: number): void
  /** Whether one more, of those asked for since this was called, would find a slot; unknown triggers always do. */
  admission(): (trigger: SlotTrigger) => boolean
  /** Triggers, of those that were sent to lately, whose host has no room for them now. */
  heldTriggers(): string[]
}

export type SlotTrigger = { tenantId: string; triggerId: string }

export type HostSlotsOptions = {
  perHostMax: number
  /** Slow hosts: to one of them, to all of them, and of one tenant to all of them. */
  perSlowHostMax: number
  slowMax: number
  perTenantSlowMax: number
}

type Host = { sending: number; isSlow: boolean; triggers: Map<string, string> }

const slowMs = 2_000
const hostsMax = 5_000
const triggersPerHostMax = 1_000
const triggersMax = 20_000

export function createHostSlots(options: HostSlotsOptions): HostSlots {
  const { perHostMax, perSlowHostMax, slowMax, perTenantSlowMax } = options
  const hosts = new Map<string, Host>()
  const slowOfTenant = new Map<string, number>()
  /** What holds a slow slot: a host may turn slow or quick while something is sent to it. */
  const slowSlots = new Map<string, number>()
  /** Where triggers were sent to last. */
  const hostOfTrigger = new Map<string, string>()
  let slow = 0

  const hasRoom = (host: Host, tenantId: string, more = 0): boolean => {
    if (!host.isSlow) return host.sending + more < perHostMax
    return (
      host.sending + more < perSlowHostMax && slow < slowMax && (slowOfTenant.get(tenantId) ?? 0) < perTenantSlowMax
    )
  }

  const remember = (name: string, host: Host, { tenantId, triggerId }: SlotTrigger): void => {
    hosts.delete(name)
    hosts.set(name, host)
    host.triggers.delete(triggerId)
    host.triggers.set(triggerId, tenantId)
    hostOfTrigger.delete(triggerId)
    hostOfTrigger.set(triggerId, name)
    forgetFirst(hostOfTrigger, triggersMax, () => true)
    forgetFirst(host.triggers, triggersPerHostMax, () => true)
    forgetFirst(hosts, hostsMax, (other) => other.sending === 0)
  }

  const countSlow = (key: string, tenantId: string, by: 1 | -1): void => {
    slow += by
    change(slowOfTenant, tenantId, by)
    change(slowSlots, key, by)
  }

  return {
    enter: (name, trigger) => {
      const host = hosts.get(name) ?? { sending: 0, isSlow: false, triggers: new Map<string, string>() }
      remember(name, host, trigger)
      if (!hasRoom(host, trigger.tenantId)) return false
      host.sending += 1
      if (host.isSlow) countSlow(slotKey(name, trigger), trigger.tenantId, 1)
      return true
    },
    leave: (name, trigger, tookMs) => {
      const host = hosts.get(name)
      if (host === undefined) return
      host.sending = Math.max(0, host.sending - 1)
      host.isSlow = tookMs >= slowMs
      const key = slotKey(name, trigger)
      if ((slowSlots.get(key) ?? 0) > 0) countSlow(key, trigger.tenantId, -1)
    },
    admission: () => {
      const admitted = new Map<string, number>()
      return ({ tenantId, triggerId }) => {
        const name = hostOfTrigger.get(triggerId)
        const host = name === undefined ? undefined : hosts.get(name)
        if (name === undefined || host === undefined) return true
        const more = admitted.get(name) ?? 0
        if (!hasRoom(host, tenantId, more)) return false
        admitted.set(name, more + 1)
        return true
      }
    },
    heldTriggers: () =>
      [...hosts.values()].flatMap((host) =>
        host.sending > 0 || host.isSlow
          ? [...host.triggers].filter(([, tenantId]) => !hasRoom(host, tenantId)).map(([triggerId]) => triggerId)
          : [],
      ),
  }
}

/** One delivery at one host. The host takes as long as the slot is held. */
export function createHostSlot(
  { hosts, clock }: { hosts: Pick<HostSlots, 'enter' | 'leave'>; clock: Pick<Clock, 'now'> },
  { host, trigger }: { host: string; trigger: SlotTrigger },
): { enter(): boolean; leave(): void } {
  let enteredAtMs: number | undefined
  return {
    enter: () => {
      if (!hosts.enter(host, trigger)) return false
      enteredAtMs = clock.now().getTime()
      return true
    },
    leave: () => {
      if (enteredAtMs === undefined) return
      hosts.leave(host, trigger, clock.now().getTime() - enteredAtMs)
      enteredAtMs = undefined
    },
  }
}

function slotKey(host: string, { triggerId }: SlotTrigger): string {
  return `${triggerId} ${host}`
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}

/** Drops the oldest entry that may go when there are too many. */
function forgetFirst<V>(entries: Map<string, V>, max: number, mayGo: (value: V) => boolean): void {
  if (entries.size <= max) return
  for (const [key, value] of entries) {
    if (!mayGo(value)) continue
    entries.delete(key)
    return
  }
}
