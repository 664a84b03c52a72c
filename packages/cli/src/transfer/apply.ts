import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { paths } from '../api/stored-object.ts'
import type { Change } from './plan-object.ts'
import { type SentChange, undoChanges, type UndoResult } from './undo.ts'

export type ApplyResult =
  | { ok: true; applied: Change[] }
  | { ok: false; failed: Change | undefined; error: ApiError; undo: UndoResult }

export type ApplyDeps = {
  api: Pick<ApiClient, 'get' | 'write'>
  signal: AbortSignal
  progress: (line: string) => void
}

const saved = z.object({ version: z.int().positive() })

/**
 * Makes all changes or none. What can be undone comes first, in the order that references need; updates that lose a
 * stored secret come last, because nothing brings that secret back.
 */
export async function applyChanges(
  { api, signal, progress }: ApplyDeps,
  changes: readonly Change[],
): Promise<ApplyResult> {
  const pending = changes.filter(({ action }) => action !== 'unchanged')
  const steps = [
    ...pending.filter((change) => !change.losesSecrets),
    ...pending.filter((change) => change.losesSecrets),
  ]
  const sent: SentChange[] = []
  const undoAfter = async (error: ApiError, failed: Change | undefined): Promise<ApplyResult> => {
    progress(`${error.message} Undoing what was done.`)
    return { ok: false, failed, error, undo: await undoChanges({ api, progress }, sent) }
  }
  for (const [index, change] of steps.entries()) {
    if (signal.aborted)
      return undoAfter(new ApiError('The import was interrupted.', { code: 'interrupted' }), undefined)
    progress(`${index + 1}/${steps.length} ${change.action} ${change.kind} ${change.id}`)
    try {
      const { version } = await send(api, change)
      sent.push({ change, version })
    } catch (cause) {
      const error = toApiError(cause)
      if (error.isUnknown || error.code === 'invalid_answer') sent.push({ change, version: undefined })
      return undoAfter(error, change)
    }
  }
  return { ok: true, applied: steps }
}

async function send(api: ApplyDeps['api'], { kind, id, action, body, stored }: Change): Promise<{ version: number }> {
  const idempotencyKey = randomUUID()
  if (action === 'create') return api.write({ method: 'POST', path: paths[kind], body, idempotencyKey }, saved)
  const path = `${paths[kind]}/${encodeURIComponent(id)}`
  return api.write({ method: 'PUT', path, body, ifMatch: stored?.version, idempotencyKey }, saved)
}

/** Also after a fault of our own, nothing may stay half done. */
function toApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause
  return new ApiError(`Unexpected: ${String(cause)}.`, { code: 'internal_error', isUnknown: true })
}
