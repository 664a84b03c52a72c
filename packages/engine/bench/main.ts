import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { measure, type Measurement } from './measure.ts'
import type { Shape } from './monitors.ts'

// Each measurement has a process of its own: what another one compiled or optimised must not count.
const [, , shape, count] = process.argv
const shapes: Shape[] = ['spread', 'crowded']
const sizes = [1, 100, 10_000, 100_000, 1_000_000]

if (shape === undefined || count === undefined) printAll()
else process.stdout.write(JSON.stringify(measure(shape === 'crowded' ? 'crowded' : 'spread', Number(count))))

function printAll(): void {
  console.log(
    '| shape | monitors | hits | conditions evaluated | read ms | block ms | p95 ms | compile s | change ms | p95 ms | bytes/monitor |',
  )
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const each of shapes) for (const size of sizes) console.log(row(measureApart(each, size)))
}

function measureApart(each: Shape, size: number): Measurement {
  const flags = ['--expose-gc', '--max-old-space-size=16384', '--import', 'tsx']
  const self = fileURLToPath(import.meta.url)
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, self, each, String(size)], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  // Printed by this very program a moment ago.
  return JSON.parse(stdout) as Measurement
}

function row(found: Measurement): string {
  const ms = (value: number): string => value.toFixed(2)
  const cells = [
    found.shape,
    found.monitors.toLocaleString('en'),
    found.hits,
    found.conditionsEvaluated,
    ms(found.readBlockMs),
    ms(found.blockMs),
    ms(found.blockP95Ms),
    (found.compileMs / 1_000).toFixed(2),
    found.changeMs.toFixed(3),
    found.changeP95Ms.toFixed(3),
    Math.round(found.bytesPerMonitor).toLocaleString('en'),
  ]
  return `| ${cells.join(' | ')} |`
}
