import { drawBlock, drawTransactionVariables, type SceneBlock } from './scene/blocks.ts'
import { type Draw, pick, repeat } from './scene/draw.ts'
import { drawItem, drawTwin, type SceneItem } from './scene/interfaces.ts'
import { drawMonitor } from './scene/monitors.ts'
import type { MonitorInput } from '../matching/evm/compiled-monitor.ts'

export type Scene = SceneBlock & { monitors: MonitorInput[] }

/** Monitors over few contracts and a block in which much of what they wait for happens, and much that only looks so. */
export function drawScene(draw: Draw): Scene {
  const items = drawItems(draw)
  const abis = Array.from({ length: 2 }, () => drawOrder(draw, items))
  const world = { items, abis, transactionVariables: drawTransactionVariables(draw, items) }
  const monitors = repeat(draw, [1, 8], (index) => {
    return { key: `m${index}`, configuration: drawMonitor(draw, world) }
  })
  return { monitors, ...drawBlock(draw, items) }
}

function drawItems(draw: Draw): SceneItem[] {
  const items = [drawItem(draw, 'function'), drawItem(draw, 'event')]
  items.push(...repeat(draw, [0, 2], () => drawItem(draw, pick(draw, ['function', 'event'] as const))))
  return [...items, ...repeat(draw, [0, 1], () => drawTwin(draw, pick(draw, items)))]
}

/** All of them, in another order, but perhaps for one. */
function drawOrder(draw: Draw, items: readonly SceneItem[]): SceneItem[] {
  const first = pick(draw, items)
  const rest = items.filter((item) => item !== first)
  return pick(draw, [[...items], [first, ...rest], [...rest, first], rest])
}
