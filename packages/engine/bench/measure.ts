import {
  compileMonitors,
  evaluateBlock,
  factsNeeded,
  parseEvmBlock,
  parseEvmLogs,
  parseJson,
  type MonitorIndex,
} from '@smt/engine'
import { nodeAnswers } from './block.ts'
import { monitorsOf, type Shape } from './monitors.ts'
import { median, percentile, timesOf, usedBytes } from './timing.ts'

/** One row: times in milliseconds (median, and the worst twentieth), memory in bytes. */
export type Measurement = {
  shape: Shape
  monitors: number
  hits: number
  conditionsEvaluated: number
  readBlockMs: number
  blockMs: number
  blockP95Ms: number
  compileMs: number
  changeMs: number
  changeP95Ms: number
  bytesPerMonitor: number
}

const blockRounds = 200
const changeRounds = 500

/** Needs `--expose-gc`: memory is what stays after a collection. */
export function measure(shape: Shape, count: number): Measurement {
  const before = usedBytes()
  const startedAt = performance.now()
  const index = compileMonitors('ethereum_mainnet', [])
  for (const monitor of monitorsOf(shape, count)) index.set(monitor)
  const compileMs = performance.now() - startedAt
  const bytesPerMonitor = (usedBytes() - before) / count

  const { block: blockText, logs: logsText } = nodeAnswers()
  const json = { block: parseJson(blockText), logs: parseJson(logsText) }
  const read = () => ({ block: parseEvmBlock(json.block), logs: parseEvmLogs(json.logs) })
  const data = read()
  // Each monitor has one condition, so a candidate is a condition that was evaluated.
  const { matches, candidates } = evaluateBlock(index, data, { receipts: new Map() })

  const reading = timesOf(blockRounds, read)
  const block = timesOf(blockRounds, () => {
    const parsed = read()
    factsNeeded(index, parsed)
    evaluateBlock(index, parsed, { receipts: new Map() })
  })
  const change = changes(index, { shape, count })
  return {
    shape,
    monitors: count,
    hits: matches.length,
    conditionsEvaluated: candidates,
    readBlockMs: median(reading),
    blockMs: median(block),
    blockP95Ms: percentile(block, 0.95),
    compileMs,
    changeMs: median(change),
    changeP95Ms: percentile(change, 0.95),
    bytesPerMonitor,
  }
}

/** One monitor replaced by another version of itself, and back. */
function changes(index: MonitorIndex, { shape, count }: { shape: Shape; count: number }): number[] {
  const inputs = [...monitorsOf(shape, Math.min(count, 10_000))]
  return timesOf(changeRounds, (round) => {
    const input = inputs[(round * 7_919) % inputs.length]
    const other = inputs[(round * 104_729 + 1) % inputs.length]
    if (input === undefined || other === undefined) return
    index.set({ key: input.key, configuration: other.configuration })
    index.set(input)
  }).map((ms) => ms / 2)
}
