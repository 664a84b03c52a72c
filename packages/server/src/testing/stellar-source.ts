import { createRpcPool, createStellarChain, stellarIdentity } from '@smt/chains'
import type { StellarSimulator } from '@smt/testkit'
import { createStellarSource } from '../ingestion/stellar-source.ts'
import type { SourceChain } from '../networks/source-chain.ts'

/** The simulator's network as a source follows it, over HTTP. */
export function openStellarSource({ url, passphrase }: Pick<StellarSimulator, 'url' | 'passphrase'>): SourceChain {
  let nowMs = 0
  // Each reading is long after the one before: an endpoint that failed is asked again at once.
  const now = () => (nowMs += 1_000)
  const pool = createRpcPool({
    endpoints: [{ url, weight: 1 }],
    identity: stellarIdentity(passphrase),
    now,
    post: async ({ url: target, headers, body }) => {
      const response = await fetch(target, { method: 'POST', headers, body })
      return { status: response.status, headers: {}, body: await response.text() }
    },
  })
  return createStellarSource(createStellarChain(pool), { now: () => Date.now() })
}

/** What Stellar monitors of tests watch. */
export function stellarMonitor(monitorId: string, networkId: string, change: StellarChange = {}) {
  const { addresses = [], events = [], functions = [], transactions = [], extensions = {} } = change
  return {
    monitor_id: monitorId,
    configuration: {
      name: `Monitor ${monitorId}`,
      networks: [networkId],
      paused: false,
      addresses: addresses.map((address) => ({ address })),
      match_conditions: { functions, events, transactions },
      trigger_conditions: [],
      triggers: ['ops'],
    },
    extensions,
  }
}

type Signed = { signature: string; expression?: string }

type StellarChange = {
  addresses?: string[]
  events?: Signed[]
  functions?: Signed[]
  transactions?: { status: string; expression?: string }[]
  extensions?: Record<string, unknown>
}
