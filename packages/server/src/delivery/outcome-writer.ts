import {
  isPlain,
  recordOutcome,
  recordPlainOutcomes,
  type Outcome,
  type OutcomeDeps,
  type Recorded,
} from './outcome.ts'
import type { ClaimedDelivery } from './claim.ts'

/**
 * Writes outcomes. A plain one is written at once while nothing else is being written; those that come meanwhile are
 * written together, in one transaction: the busier it is, the cheaper each becomes, and none waits for company.
 */
export type OutcomeWriter = {
  /** Resolves when it is committed. False: the lease had ended, and nothing was written. */
  record(claimed: ClaimedDelivery, outcome: Outcome): Promise<boolean>
}

type Waiting = Recorded & { resolve: (isRecorded: boolean) => void; reject: (error: unknown) => void }

const batchMax = 100

export function createOutcomeWriter(deps: OutcomeDeps): OutcomeWriter {
  const waiting: Waiting[] = []
  let isWriting = false

  const write = async (): Promise<void> => {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax)
      // Whatever is wrong shows again when each is written alone, and then concerns that one only.
      const written = await recordPlainOutcomes(deps, batch).catch(() => new Set<string>())
      for (const { claimed, outcome, resolve, reject } of batch) {
        if (written.has(claimed.delivery.id)) resolve(true)
        // Not waited for: it may wait for a rollback, and the next ones shall not.
        else recordOutcome(deps, claimed, outcome).then(resolve, reject)
      }
    }
    isWriting = false
  }

  return {
    record: (claimed, outcome) => {
      if (!isPlain({ claimed, outcome })) return recordOutcome(deps, claimed, outcome)
      return new Promise((resolve, reject) => {
        waiting.push({ claimed, outcome, resolve, reject })
        if (!isWriting) void write()
      })
    },
  }
}
