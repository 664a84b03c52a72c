import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseJson, stringifyJson } from '@smt/engine'
import { type NodeAnswers, simulateLedger } from './ledger-data.ts'
import { type LedgerMeasurement, measureLedger } from './ledger-measure.ts'
import type { LedgerShape } from './ledger-monitors.ts'

// Each measurement has a process of its own: what another one compiled or optimised must not count.
const [, , shape, count, file] = process.argv
const rows: [LedgerShape, number][] = [
  ['spread', 1],
  ['spread', 1_000],
  ['spread', 10_000],
  ['spread', 100_000],
  ['transactions', 10_000],
]

if (shape === undefined || count === undefined || file === undefined) await printAll()
else {
  // Written by this very program a moment ago.
  const answers = parseJson(readFileSync(file, 'utf8')) as unknown as NodeAnswers
  const kind = shape === 'transactions' ? 'transactions' : 'spread'
  process.stdout.write(JSON.stringify(measureLedger(answers, kind, Number(count))))
}

async function printAll(): Promise<void> {
  const answers = await simulateLedger()
  const path = join(mkdtempSync(join(tmpdir(), 'bench-ledger-')), 'answers.json')
  writeFileSync(path, stringifyJson(answers as never))
  console.log(
    '| shape | monitors | hits | looked at | read ms | ledger ms | best ms | p95 ms | compile s | change ms | decoded bytes | skipped bytes | bytes/monitor |',
  )
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const [each, size] of rows) console.log(row(measureApart(each, size, path)))
}

function measureApart(each: LedgerShape, size: number, path: string): LedgerMeasurement {
  const flags = ['--expose-gc', '--max-old-space-size=16384', '--import', 'tsx']
  const self = fileURLToPath(import.meta.url)
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, self, each, String(size), path], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  // Printed by this very program a moment ago.
  return JSON.parse(stdout) as LedgerMeasurement
}

function row(found: LedgerMeasurement): string {
  const ms = (value: number): string => value.toFixed(2)
  const integer = (value: number): string => Math.round(value).toLocaleString('en')
  const cells = [
    found.shape,
    integer(found.monitors),
    found.hits,
    found.candidates,
    ms(found.readMs),
    ms(found.ledgerMs),
    ms(found.ledgerBestMs),
    ms(found.ledgerP95Ms),
    (found.compileMs / 1_000).toFixed(2),
    found.changeMs.toFixed(3),
    integer(found.bytes.decoded),
    integer(found.bytes.skipped),
    integer(found.bytesPerMonitor),
  ]
  return `| ${cells.join(' | ')} |`
}
