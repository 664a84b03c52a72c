import type { Logger } from './logger.ts'

/**
 * Shutdown as a value: components register how they stop, `run` stops them in reverse order of registration, each at
 * most once, within one time limit.
 */
export type Shutdown = {
  add(name: string, stop: () => Promise<void>): void
  run(): Promise<void>
}

export function createShutdown({ logger, limitMs = 15_000 }: { logger: Logger; limitMs?: number }): Shutdown {
  const steps: { name: string; stop: () => Promise<void> }[] = []
  let running: Promise<void> | undefined

  const runAll = async (): Promise<void> => {
    for (const step of steps.toReversed()) {
      try {
        await step.stop()
      } catch (error) {
        logger.error({ component: step.name, err: error }, 'a component did not stop cleanly')
      }
    }
  }

  return {
    add: (name, stop) => {
      steps.push({ name, stop })
    },
    run: () => {
      running ??= withLimit(runAll(), limitMs, logger)
      return running
    },
  }
}

async function withLimit(work: Promise<void>, limitMs: number, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      logger.error({ limitMs }, 'shutdown took too long and was cut short')
      resolve()
    }, limitMs)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}
