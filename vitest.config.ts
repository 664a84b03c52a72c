import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests that start servers, chains and crashes take minutes: at the end they would keep one core waiting for them. */
const longest = ['/server/test/faults/', '/server/test/', '/cli/test/']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((folder) => moduleId.includes(folder))
      return found < 0 ? longest.length : found
    }
    return (await super.sort(files)).toSorted((left, right) => rank(left) - rank(right))
  }
}

export default defineConfig({
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } },
  test: {
    globalSetup: ['packages/server/src/testing/global-setup.ts'],
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    sequence: { sequencer: LongestFirst },
    // Nothing here leaves anything behind in a module: importing all of it once per worker instead of once per file is
    // a third of the time.
    isolate: false,
    // Databases and chain nodes are started per file: two workers are what two cores bear.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
