import type { RetryPolicy } from '@smt/engine'

/** A number in [0, 1). */
export type Random = () => number

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Waits between rounds; the last one repeats until the delivery is given up. */
const roundDelaysMs = [
  10_000,
  30_000,
  minuteMs,
  2 * minuteMs,
  5 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  hourMs,
  2 * hourMs,
] as const
const roundJitter = 0.2

/** The wait after the failed round number `round` (from 0), ± 20 % so that what failed together does not return together. */
export function roundDelayMs(round: number, random: Random): number {
  const delayMs = roundDelaysMs[Math.min(round, roundDelaysMs.length - 1)] ?? 2 * hourMs
  return Math.round(delayMs * (1 - roundJitter + 2 * roundJitter * random()))
}

/** Pauses of a failing trigger between looks; the last one repeats. */
const probeDelaysMs = [30_000, minuteMs, 2 * minuteMs, 5 * minuteMs, 10 * minuteMs] as const

/** The pause before look number `look` (from 0), ± 20 %. */
export function probeDelayMs(look: number, random: Random): number {
  const delayMs = probeDelaysMs[Math.min(look, probeDelaysMs.length - 1)] ?? 10 * minuteMs
  return Math.round(delayMs * (1 - roundJitter + 2 * roundJitter * random()))
}

/** How a round repeats a failed request, with the defaults of spec/01 §8.4. */
export type QuickRetries = { max: number; base: number; initialMs: number; maxMs: number; jitter: 'none' | 'full' }

/** A hostile or careless policy must not make a flood of one round; what is left over follows in later rounds. */
const quickRetriesMax = 10

export function quickRetriesOf(policy: RetryPolicy | undefined): QuickRetries {
  return {
    max: Math.min(Number(policy?.max_retries ?? 3), quickRetriesMax),
    base: Number(policy?.base_for_backoff ?? 2),
    initialMs: millisecondsOf(policy?.initial_backoff) ?? 250,
    maxMs: millisecondsOf(policy?.max_backoff) ?? 10_000,
    jitter: policy?.jitter ?? 'full',
  }
}

/**
 * The wait before quick retry number `retry` (from 0): min(max, initial × base^retry), times a random part with full
 * jitter (spec/02 §3.3). An initial wait above the maximum is cut to it; in OZ Monitor it ends the process.
 */
export function quickDelayMs({ base, initialMs, maxMs, jitter }: QuickRetries, retry: number, random: Random): number {
  const factor = Math.min(base ** retry, 2 ** 32 - 1)
  const delayMs = Math.min(maxMs, initialMs * factor)
  return jitter === 'full' ? delayMs * random() : delayMs
}

function millisecondsOf(duration: RetryPolicy['initial_backoff']): number | undefined {
  if (duration === undefined) return undefined
  const [secs, nanos] = Array.isArray(duration) ? duration : [duration.secs, duration.nanos]
  return Number(secs) * 1_000 + Number(nanos) / 1_000_000
}
