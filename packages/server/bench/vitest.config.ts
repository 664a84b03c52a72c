import { defineConfig } from 'vitest/config'
import base from '../../../vitest.config.ts'

// Figures, not tests: they need the same database template, and run alone. oxlint-disable-next-line import/no-default-export
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['packages/server/bench/*.figures.ts'], maxWorkers: 1, testTimeout: 300_000 },
})
