/** Where a chain node listens. A higher weight is asked first; weight 0 turns the endpoint off. */
export type RpcEndpoint = { url: string; weight: number }

export type Endpoint = {
  readonly url: string
  /** Clears the back-off. */
  succeeded(): void
  /** Starts a back-off; one that is running goes on as it is, so that failures at the same time count once. */
  failed(): void
  /** Resolves once the endpoint is known to serve the right chain; asks `check` when that is not known since a failure. */
  identified(check: () => Promise<void>): Promise<void>
}

export type EndpointRotation = {
  /** The endpoint with the highest weight comes first. */
  readonly byWeight: readonly Endpoint[]
  /** All endpoints, each once: by weight, but those in a back-off after the others. */
  order(): Endpoint[]
}

const restMinMs = 1_000
const restMaxMs = 60_000

/** Keeps which endpoints failed lately, by the clock `now` in milliseconds. Equal weights keep their order. */
export function createEndpointRotation(endpoints: readonly RpcEndpoint[], now: () => number): EndpointRotation {
  const usable = endpoints
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight)
    .map(({ url }) => createEndpoint(url, now))

  return {
    byWeight: usable.map(({ endpoint }) => endpoint),
    order() {
      const states = usable.map(({ endpoint, isResting }) => ({ endpoint, resting: isResting() }))
      const ready = states.filter(({ resting }) => !resting)
      return [...ready, ...states.filter(({ resting }) => resting)].map(({ endpoint }) => endpoint)
    },
  }
}

function createEndpoint(url: string, now: () => number): { endpoint: Endpoint; isResting: () => boolean } {
  let failures = 0
  let restsUntil = Number.NEGATIVE_INFINITY
  let identity: Promise<void> | undefined
  const isResting = () => now() < restsUntil

  const endpoint: Endpoint = {
    url,
    succeeded() {
      failures = 0
      restsUntil = Number.NEGATIVE_INFINITY
    },
    failed() {
      identity = undefined
      if (isResting()) return
      restsUntil = now() + Math.min(restMaxMs, restMinMs * 2 ** failures)
      failures += 1
    },
    identified(check) {
      // Forgotten here too: a caller that was aborted meanwhile does not report the failure.
      identity ??= check().catch((error: unknown) => {
        identity = undefined
        throw error
      })
      return identity
    },
  }
  return { endpoint, isResting }
}
