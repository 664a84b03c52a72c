import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'

/** A step that is repeated until it is stopped. */
export type SupervisedLoop = {
  start(): void
  /** Ends the loop after the step that runs. */
  stop(): Promise<void>
  /** A hint that there is something to do: the next step begins at once instead of at the next poll. */
  wake(): void
}

export type LoopOptions = {
  name: string
  /** How long to wait after a step that found nothing to do. The poll is the guarantee, `wake` only saves time. */
  pollMs: number
  /** True: there is more to do, the next step follows at once. */
  step: () => Promise<boolean>
}

const restartDelayMs = { first: 1_000, max: 30_000 }

/** Runs a step again and again; a step that throws is reported and the loop starts anew after a growing pause. */
export function createLoop({ clock, logger }: { clock: Clock; logger: Logger }, options: LoopOptions): SupervisedLoop {
  const { name, pollMs, step } = options
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  let isWoken = false
  let pause: AbortController | undefined

  const sleep = async (delayMs: number): Promise<void> => {
    pause = new AbortController()
    await clock.sleep(delayMs, AbortSignal.any([pause.signal, stopping.signal]))
    pause = undefined
  }

  const run = async (): Promise<void> => {
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        isWoken = false
        const hasMore = await step()
        failures = 0
        if (!hasMore && !isWoken) await sleep(pollMs)
      } catch (error) {
        failures += 1
        logger.error({ loop: name, failures, err: error }, 'a loop died and is started again')
        await clock.sleep(Math.min(restartDelayMs.first * 2 ** (failures - 1), restartDelayMs.max), stopping.signal)
      }
    }
  }

  return {
    start: () => {
      running ??= run()
    },
    stop: async () => {
      stopping.abort()
      await running
    },
    wake: () => {
      isWoken = true
      pause?.abort()
    },
  }
}
