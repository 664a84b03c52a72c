import { compileStellarMonitors, contractsNeeded, evaluateLedger, type LedgerResult } from '@smt/engine'
import { type NodeAnswers, readLedger } from './ledger-data.ts'
import { ledgerMonitorsOf, type LedgerShape } from './ledger-monitors.ts'
import { median, percentile, timesOf, usedBytes } from './timing.ts'

/** One row: times in milliseconds (median, and the worst twentieth), sizes in bytes. */
export type LedgerMeasurement = {
  shape: LedgerShape
  monitors: number
  hits: number
  candidates: number
  readMs: number
  ledgerMs: number
  /** The fastest round: what the work takes when nobody else uses the machine. */
  ledgerBestMs: number
  ledgerP95Ms: number
  compileMs: number
  changeMs: number
  bytes: LedgerResult['bytes']
  bytesPerMonitor: number
}

const ledgerRounds = 100
const changeRounds = 500
const network = { slug: 'stellar_mainnet', passphrase: 'Public Global Stellar Network ; September 2015' }

/** Needs `--expose-gc`: memory is what stays after a collection. Every round reads and decodes the ledger anew. */
export function measureLedger(answers: NodeAnswers, shape: LedgerShape, count: number): LedgerMeasurement {
  const before = usedBytes()
  const startedAt = performance.now()
  const index = compileStellarMonitors(network, [])
  for (const monitor of ledgerMonitorsOf(shape, count)) index.set(monitor)
  const compileMs = performance.now() - startedAt
  const bytesPerMonitor = (usedBytes() - before) / count

  const evaluate = (): LedgerResult => {
    const data = readLedger(answers)
    const specs = new Map(contractsNeeded(index, data).map((contractId) => [contractId, null]))
    return evaluateLedger(index, data, { specs })
  }
  const { matches, candidates, bytes } = evaluate()
  const reading = timesOf(ledgerRounds, () => readLedger(answers))
  const ledger = timesOf(ledgerRounds, evaluate)
  const inputs = [...ledgerMonitorsOf(shape, Math.min(count, 10_000))]
  const change = timesOf(changeRounds, (round) => {
    const input = inputs[(round * 7_919) % inputs.length]
    const other = inputs[(round * 104_729 + 1) % inputs.length]
    if (input === undefined || other === undefined) return
    index.set({ ...other, key: input.key })
    index.set(input)
  }).map((ms) => ms / 2)
  return {
    shape,
    monitors: count,
    hits: matches.length,
    candidates,
    readMs: median(reading),
    ledgerMs: median(ledger),
    ledgerBestMs: Math.min(...ledger),
    ledgerP95Ms: percentile(ledger, 0.95),
    compileMs,
    changeMs: median(change),
    bytes,
    bytesPerMonitor,
  }
}
