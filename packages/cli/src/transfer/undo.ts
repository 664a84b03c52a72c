import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { findStored, idFields, paths, type StoredObject } from '../api/stored-object.ts'
import type { JsonObject } from '../json.ts'
import { knownFingerprints, withFingerprints } from './fingerprint.ts'
import { type Change, isSameConfiguration } from './plan-object.ts'
import { renderConfig } from './render-config.ts'

/** A change that was sent. `version` is undefined when no answer arrived, so that it may or may not have happened. */
export type SentChange = { change: Change; version: number | undefined }

export type UndoResult = {
  undone: Change[]
  /** What stays as the import made it, and why. */
  notUndone: { change: Change; reason: string }[]
}

export type UndoDeps = { api: Pick<ApiClient, 'get' | 'write'>; progress: (line: string) => void }

/** Takes changes back in reverse order: what was created is deleted, what was updated gets its previous configuration. */
export async function undoChanges({ api, progress }: UndoDeps, sent: readonly SentChange[]): Promise<UndoResult> {
  const result: UndoResult = { undone: [], notUndone: [] }
  for (const { change, version } of sent.toReversed()) {
    try {
      if (!(await undoChange(api, change, version))) continue
      progress(`undone: ${change.action} ${change.kind} ${change.id}`)
      result.undone.push(change)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      progress(`NOT undone: ${change.action} ${change.kind} ${change.id}: ${error.message}`)
      result.notUndone.push({ change, reason: error.message })
    }
  }
  return result
}

/** Whether there was anything to undo. Throws ApiError. */
async function undoChange(api: UndoDeps['api'], change: Change, answered: number | undefined): Promise<boolean> {
  const { kind, id, stored } = change
  const path = `${paths[kind]}/${encodeURIComponent(id)}`
  const expected = (stored?.version ?? 0) + 1
  const version = answered ?? (await versionMadeByUs(api, change, expected))
  if (version === undefined) return false
  if (stored === undefined) {
    const nothing = z.undefined()
    await api.write({ method: 'DELETE', path, ifMatch: version, idempotencyKey: randomUUID() }, nothing)
    return true
  }
  if (change.losesSecrets) {
    const message = 'It keeps its new configuration: the secret before is not readable, so it cannot be put back.'
    throw new ApiError(message, { code: 'secret_lost' })
  }
  const body = previousBody(stored, version + 1)
  await api.write(
    { method: 'PUT', path, body, ifMatch: version, idempotencyKey: randomUUID() },
    z.object({ version: z.int() }),
  )
  return true
}

/** Whether a change without an answer happened: the object then has the next version and holds what was sent. */
async function versionMadeByUs(
  api: UndoDeps['api'],
  { kind, id, configuration }: Change,
  expected: number,
): Promise<number | undefined> {
  const found = await findStored(api, kind, id)
  if (found === undefined || found.version < expected) return undefined
  const isOurs = found.version === expected && isSameConfiguration(kind, configuration, found.configuration)
  if (isOurs) return expected
  throw new ApiError('It was changed by somebody else meanwhile.', { code: 'precondition_failed' })
}

/** The object as it was read: its masks mean the secrets that are still stored. */
function previousBody({ kind, id, configuration, beside, ...stored }: StoredObject, version: number): JsonObject {
  const known = knownFingerprints({ beside, version: stored.version })
  const named = kind === 'network' ? {} : { [idFields[kind]]: id }
  const restored = known.size === 0 ? beside : withFingerprints(beside, { version, secrets: known })
  return { ...named, configuration: renderConfig(kind, configuration), ...restored }
}
