/** Sources that wait for a place: of each tenant in the order in which they came, tenants by turns. */
export type PollLine = {
  add(tenant: string, id: string): void
  /**
   * Offers waiting sources until one is taken; false when none was. Looks at a bounded number, and at others the next
   * time, so that a long line costs no more than a short one.
   */
  offer(take: (id: string) => boolean): boolean
}

const tenantsLookMax = 64
const sourcesLookMax = 64

export function createPollLine(): PollLine {
  // A tenant that was looked at goes to the end, so the first is whose turn it is.
  const tenants = new Map<string, string[]>()

  const offerOf = (waiting: string[], take: (id: string) => boolean): boolean => {
    for (let looks = Math.min(waiting.length, sourcesLookMax); looks > 0; looks -= 1) {
      const id = waiting.shift()
      if (id === undefined) return false
      if (take(id)) return true
      waiting.push(id)
    }
    return false
  }

  return {
    add: (tenant, id) => {
      const waiting = tenants.get(tenant)
      if (waiting === undefined) tenants.set(tenant, [id])
      else waiting.push(id)
    },
    offer: (take) => {
      for (let looks = Math.min(tenants.size, tenantsLookMax); looks > 0; looks -= 1) {
        const [first] = tenants
        if (first === undefined) return false
        const [tenant, waiting] = first
        tenants.delete(tenant)
        const isTaken = offerOf(waiting, take)
        if (waiting.length > 0) tenants.set(tenant, waiting)
        if (isTaken) return true
      }
      return false
    },
  }
}
