import { cronIntervalMs } from './cron.ts'

type Pace = {
  cron_schedule: string
  block_time_ms: number | bigint
  confirmation_blocks: number | bigint
}

/**
 * How many blocks appear between two polls, and so how many a poll must be allowed to catch up: interval divided by
 * block time, plus confirmations, plus one (spec/01 §3.5). The interval follows the scheduling meaning of the schedule.
 */
export function recommendedPastBlocks(network: Pace, now: Date): bigint {
  const intervalMs = BigInt(cronIntervalMs(network.cron_schedule, now))
  return intervalMs / BigInt(network.block_time_ms) + BigInt(network.confirmation_blocks) + 1n
}
