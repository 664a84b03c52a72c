import { defineConfig } from 'vitest/config'
import base from '../../../vitest.config.ts'

// Figures, not tests: they need the same database template, and run alone.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    globalSetup: [`${import.meta.dirname}/../src/testing/global-setup.ts`],
    include: ['packages/server/bench/*.figures.ts'],
    maxWorkers: 1,
    testTimeout: 300_000,
  },
})
