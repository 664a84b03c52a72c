import { describe, expect, it } from 'vitest'
import { runKills, seededRandom } from './kill-run.ts'

// `npm run test:kill` is the long form: the same run with more of everything, and another seed each time.
const transactions = Number(process.env['SMT_KILL_TRANSACTIONS'] ?? 40)
const kills = Number(process.env['SMT_KILLS'] ?? 2)
const seed = Number(process.env['SMT_KILL_SEED'] ?? 20_261_124)

describe('kill -9 at random moments', () => {
  it(
    'loses no alert, misroutes none, and repeats only under the same webhook-id',
    { timeout: 240_000 + kills * 20_000 },
    async () => {
      const report = (line: string) => process.stderr.write(`${line}\n`)
      const result = await runKills({ transactions, kills, random: seededRandom(seed), report })
      report(`seed ${seed}: ${JSON.stringify(result)}`)
      expect(result).toMatchObject({ expected: transactions, lost: [], misrouted: 0, repeatedUnderAnotherId: 0 })
    },
  )
})
