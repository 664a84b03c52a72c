/** What was sent and what came back: the oracle of the demo. */
export type Tally = {
  /** A transaction was mined that this tenant must be alerted of, and nobody else. */
  expect(txHash: string, tenant: string, minedAtMs: number): void
  /** An alert arrived for a tenant. Returns its latency in ms, or undefined when nothing was expected (yet). */
  receive(alert: { txHash: string; tenant: string; receivedAtMs: number }): number | undefined
  missing(): number
  summary(): { sent: number; received: number; missing: number; misrouted: number; repeated: number; p99Ms: number }
}

export function createTally(): Tally {
  const expected = new Map<string, { tenant: string; minedAtMs: number }>()
  const arrived = new Map<string, { tenant: string; receivedAtMs: number }[]>()

  const deliveredAt = (txHash: string, tenant: string) =>
    arrived.get(txHash)?.find((alert) => alert.tenant === tenant)?.receivedAtMs

  const latencies = () =>
    [...expected].flatMap(([txHash, { tenant, minedAtMs }]) => {
      const receivedAtMs = deliveredAt(txHash, tenant)
      return receivedAtMs === undefined ? [] : [receivedAtMs - minedAtMs]
    })

  return {
    expect: (txHash, tenant, minedAtMs) => {
      expected.set(txHash, { tenant, minedAtMs })
    },
    receive: ({ txHash, tenant, receivedAtMs }) => {
      arrived.set(txHash, [...(arrived.get(txHash) ?? []), { tenant, receivedAtMs }])
      const wanted = expected.get(txHash)
      return wanted === undefined ? undefined : receivedAtMs - wanted.minedAtMs
    },
    missing: () => [...expected].filter(([txHash, { tenant }]) => deliveredAt(txHash, tenant) === undefined).length,
    summary: () => {
      const alerts = [...arrived].flatMap(([txHash, list]) => list.map((alert) => ({ txHash, ...alert })))
      const misrouted = alerts.filter((alert) => expected.get(alert.txHash)?.tenant !== alert.tenant).length
      const sorted = latencies().toSorted((left, right) => left - right)
      const missing = [...expected].length - sorted.length
      return {
        sent: expected.size,
        received: sorted.length,
        missing,
        misrouted,
        repeated: alerts.length - misrouted - sorted.length,
        p99Ms: sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? 0,
      }
    },
  }
}
