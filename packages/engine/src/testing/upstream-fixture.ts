import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type JsonValue, parseJson } from '../config/json.ts'

const folder = resolve(import.meta.dirname, '../../../../../shared/spec/fixtures')

/** Upstream test data is never committed; CI must have it beside the repository, elsewhere its tests are skipped. */
export const isUpstreamMissing = !existsSync(folder) && process.env.CI !== 'true'

export function readUpstream(path: string): JsonValue {
  return parseJson(readFileSync(resolve(folder, path), 'utf8'))
}
