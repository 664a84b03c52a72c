import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createMetrics } from '../packages/server/src/platform/metrics.ts'

it('alerts on metrics that exist, among them a leak and a probe that does not run', async () => {
  const rules = await readFile(new URL('../deploy/prometheus/alerts.yml', import.meta.url), 'utf8')
  const exprs = [...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expr = '']) => expr)
  const used = [...new Set(exprs.flatMap((expr) => expr.match(/smt_\w+/g) ?? []))]
  const known = new Set(
    createMetrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name),
  )
  expect(used.filter((name) => !known.has(name))).toEqual([])
  expect(exprs).toContain('max(smt_isolation_probe_leaks) > 0')
  expect(exprs).toContain('time() - max(smt_isolation_probe_last_success_timestamp_seconds) > 900')
})
