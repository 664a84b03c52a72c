/** The tenants of the demo, by slug. */
export type Tenant = 'acme' | 'globex'

/** A transaction that is in a block, and the one tenant that must hear of it. */
export type Sent = { txHash: string; tenant: Tenant; minedAtMs: number }

export type DemoMonitor = { id: string; configuration: Record<string, unknown> }

/** A chain the demo watches: one network that is offered to all tenants, and what each of them watches there. */
export type DemoChain = {
  networkId: string
  network: Record<string, unknown>
  /** Puts on chain what the monitors need. */
  prepare(): Promise<void>
  monitors(): Record<Tenant, DemoMonitor>
  /** What to tell people: a word and a line each. */
  describe(): [string, string][]
  /** Sends the n-th transaction and waits until it is in a block. */
  send(n: number): Promise<Sent>
  stop(): Promise<void>
}

export const blockTimeS = 1
