/**
 * Milliseconds that this process has computed. For tests that something ends in little time: unlike the time of day it does
 * not pass while a busy machine does something else.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
