/** Bounds the deliveries that are sent to one host at once. */
export type HostSlots = {
  /** True once there is room. False at once when as many wait already as may be sent: the caller is to come back later. */
  enter(host: string): Promise<boolean>
  leave(host: string): void
}

type Host = { sending: number; waiting: (() => void)[] }

export function createHostSlots(perHostMax: number): HostSlots {
  const hosts = new Map<string, Host>()
  return {
    enter: async (name) => {
      const host = hosts.get(name) ?? { sending: 0, waiting: [] }
      hosts.set(name, host)
      if (host.sending < perHostMax) {
        host.sending += 1
        return true
      }
      if (host.waiting.length >= perHostMax) return false
      await new Promise<void>((resolve) => host.waiting.push(resolve))
      return true
    },
    leave: (name) => {
      const host = hosts.get(name)
      if (host === undefined) return
      const next = host.waiting.shift()
      // The slot passes on, so that nobody overtakes the line.
      if (next !== undefined) next()
      else if (host.sending > 1) host.sending -= 1
      else hosts.delete(name)
    },
  }
}
