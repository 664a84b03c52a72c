import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/**
 * Every metric of the server, with unit and bounded labels; never tenant-chosen text as a label. The table in
 * docs/operations.md is checked against this list.
 */
export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const probeLeaks = new Gauge({
    name: 'smt_isolation_probe_leaks',
    help: 'Ways in which one canary tenant reads of the other, in the last look; NaN when this process knows of no look.',
    registers,
  })
  // Nothing is known yet, which is not the same as no leak.
  probeLeaks.set(Number.NaN)
  return {
    registry,
    httpRequests: new Counter({
      name: 'smt_http_requests_total',
      help: 'API requests by operation and status class.',
      labelNames: ['operation', 'status'],
      registers,
    }),
    httpDuration: new Histogram({
      name: 'smt_http_request_duration_seconds',
      help: 'Time to answer an API request.',
      labelNames: ['operation'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    rpcRequests: new Counter({
      name: 'smt_rpc_requests_total',
      help: 'Requests to chain nodes by kind of source, method and outcome.',
      labelNames: ['source_kind', 'method', 'outcome'],
      registers,
    }),
    sourcesByState: new Gauge({
      name: 'smt_chain_sources',
      help: 'Chain sources led by this process, by state.',
      labelNames: ['state'],
      registers,
    }),
    blocksEvaluated: new Counter({
      name: 'smt_blocks_evaluated_total',
      help: 'Blocks evaluated and committed.',
      labelNames: ['source_kind'],
      registers,
    }),
    blockDuration: new Histogram({
      name: 'smt_block_duration_seconds',
      help: 'Time from the start of a block fetch to its commit.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    rollbacks: new Counter({
      name: 'smt_rollbacks_total',
      help: 'Cursors that were moved back because a chain was reorganised.',
      labelNames: ['source_kind'],
      registers,
    }),
    rollbackDepth: new Histogram({
      name: 'smt_rollback_depth_blocks',
      help: 'Evaluated blocks that one reorganisation abandoned.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
      registers,
    }),
    matches: new Counter({ name: 'smt_matches_total', help: 'Matches committed.', registers }),
    monitorFailures: new Counter({
      name: 'smt_monitor_failures_total',
      help: 'Evaluations of one monitor on one block that failed.',
      registers,
    }),
    undecodedParts: new Counter({
      name: 'smt_undecoded_parts_total',
      help: 'Parts of blocks that this version cannot decode.',
      registers,
    }),
    monitorsLoaded: new Gauge({
      name: 'smt_monitors_loaded',
      help: 'Monitors in the indexes of this process.',
      registers,
    }),
    fanoutMatches: new Counter({
      name: 'smt_fanout_matches_total',
      help: 'Matches turned into deliveries.',
      registers,
    }),
    deliveryAttempts: new Counter({
      name: 'smt_delivery_attempts_total',
      help: 'Delivery attempts by channel and outcome.',
      labelNames: ['channel', 'outcome'],
      registers,
    }),
    deliveryLatency: new Histogram({
      name: 'smt_delivery_latency_seconds',
      help: 'Time from the commit of a match to its acceptance by the receiver.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
    deliveriesDead: new Counter({ name: 'smt_deliveries_dead_total', help: 'Deliveries given up.', registers }),
    oldestPendingDelivery: new Gauge({
      name: 'smt_oldest_pending_delivery_seconds',
      help: 'Age of the oldest delivery that is not finished, waiting ones included.',
      registers,
    }),
    quotaDrift: new Gauge({
      name: 'smt_quota_drift',
      help: 'Quota counters that the last reconciliation found wrong and mended.',
      registers,
    }),
    probeLeaks,
    probeLastSuccess: new Gauge({
      name: 'smt_isolation_probe_last_success_timestamp_seconds',
      help: 'When a look of this process at the wall last went through as a whole, whatever it found.',
      registers,
    }),
    collectProcess: () => collectDefaultMetrics({ register: registry }),
  }
}
