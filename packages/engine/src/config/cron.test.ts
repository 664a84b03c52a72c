import { describe, expect, it } from 'vitest'
import { processorMs } from '../testing/processor-time.ts'
import { cronIntervalMs, cronProblem } from './cron.ts'
import { recommendedPastBlocks } from './past-blocks.ts'

const now = new Date('2026-11-24T10:20:30Z')

describe('cronProblem', () => {
  it.each([
    '0 */5 * * * *',
    '@hourly',
    '@yearly',
    '@monthly',
    '@weekly',
    '@daily',
    '0 0 0 1 1 ? 2030',
    '* * * * * *',
    '0 5/10 * * * *',
    '0 1,2-5/2,*/10 * * * MON',
    '0 0 0 ? JAN-Mar mon-FRI',
    '0 0 0 * * 1-7',
    '  0 0 0 * * 1  ',
    '0\t0 0 * * 1',
    '0 00 007 * * *',
    '*/59 * * * * *',
    '0 0 0 1 1 * 1970-2100',
  ])('accepts %s, as both parsers do', (schedule) => {
    expect(cronProblem(schedule)).toBeUndefined()
  })

  it.each([
    ['', 'must be provided'],
    ['*/5 * * * *', '6 or 7 fields'],
    ['* * * * * * * *', '6 or 7 fields'],
    ['******', '6 or 7 fields'],
    ['@annually', '@yearly'],
    ['@HOURLY', '@yearly'],
    ['0 0 0 * * 0', 'day of week'],
    ['0 0 0 * * 8', 'day of week'],
    ['*/60 * * * * *', 'seconds'],
    ['*/0 * * * * *', 'seconds'],
    ['60 * * * * *', 'seconds'],
    ['5-1 * * * * *', 'seconds'],
    ['1--2 * * * * *', 'seconds'],
    ['1/2/3 * * * * *', 'seconds'],
    [', * * * * *', 'seconds'],
    ['? * * * * *', 'seconds'],
    ['-5 * * * * *', 'seconds'],
    ['1.5 * * * * *', 'seconds'],
    ['0 0 24 * * *', 'hours'],
    ['0 0 0 0 * *', 'day of month'],
    ['0 0 0 32 * *', 'day of month'],
    ['0 0 0 L * *', 'day of month'],
    ['0 0 0 15W * *', 'day of month'],
    ['0 0 0 * 13 *', 'month'],
    ['0 0 0 * january *', 'month'],
    ['0 0 0 * * monday', 'day of week'],
    ['0 0 0 * * Sat-Sun', 'day of week'],
    ['0 0 0 * * 5#2', 'day of week'],
    ['0 0 0 1 1 * 1969', 'year'],
    ['0 0 0 1 1 * 2101', 'year'],
    ['0 0 0 1 1 x', 'day of week'],
  ])('refuses %s and says why', (schedule, reason) => {
    expect(cronProblem(schedule)).toContain(reason)
  })

  it('judges long texts quickly', () => {
    const startedAt = processorMs()
    expect(cronProblem('0,'.repeat(500_000))).toBeDefined()
    expect(cronProblem(`${'1-'.repeat(480)} * * * * *`)).toBeDefined()
    expect(cronProblem(`${'0,'.repeat(400)}0 * * * * *`)).toBeUndefined()
    expect(processorMs() - startedAt).toBeLessThan(500)
  })
})

describe('cronIntervalMs', () => {
  it.each([
    ['0 */5 * * * *', 300_000],
    ['*/20 * * * * *', 20_000],
    ['@hourly', 3_600_000],
    ['0 0 0 31 2 ?', 0],
    ['0 0 0 1 1 ? 2030', 0],
    ['0 0 0 1 1 ? 2020', 0],
  ])('measures %s', (schedule, expected) => {
    expect(cronIntervalMs(schedule, now)).toBe(expected)
  })

  it('reads weekdays and the day of month as the scheduler does: 7 is Sunday, either restriction may hold', () => {
    const day = 86_400_000
    // From a Tuesday: Sunday 29 and Monday 30 November, not Saturday.
    expect(cronIntervalMs('0 0 0 ? * 7,1', now)).toBe(day)
    // Monday 30 November and Tuesday 1 December.
    expect(cronIntervalMs('0 0 0 1 * 1', now)).toBe(day)
  })
})

describe('recommendedPastBlocks', () => {
  const network = { cron_schedule: '0 */5 * * * *', block_time_ms: 1000, confirmation_blocks: 2 }

  it('is interval over block time, plus confirmations, plus one', () => {
    expect(recommendedPastBlocks(network, now)).toBe(303n)
    expect(recommendedPastBlocks({ ...network, block_time_ms: 7000n }, now)).toBe(45n)
    expect(recommendedPastBlocks({ ...network, confirmation_blocks: 18446744073709551615n }, now)).toBe(
      18446744073709551916n,
    )
  })

  it('takes an interval of 0 when there are not two occurrences', () => {
    expect(recommendedPastBlocks({ ...network, cron_schedule: '0 0 0 1 1 ? 2030' }, now)).toBe(3n)
  })
})
