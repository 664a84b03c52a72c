import { createHash } from 'node:crypto'
import { type ConfigKind, listSecrets } from '@smt/engine'
import type { StoredObject } from '../api/stored-object.ts'

/**
 * The variable that an export writes in place of a secret, which the server does not give away:
 * `SMT_EXPORT_<KIND>_<ID>__<FIELD>`. Different places have different names, so that an import knows which stored secret
 * is meant: an id that is not in lower case, digits and `_` is told apart by a part of its hash.
 */
export function placeholderOf(kind: ConfigKind, id: string, pointer: string): string {
  const isPlain = /^[a-z0-9_]+$/.test(id)
  const hash = isPlain ? '' : `_${createHash('sha256').update(id).digest('hex').slice(0, 8)}`
  return `SMT_EXPORT_${upper(kind)}_${upper(id)}${upper(hash)}__${upper(pointer.slice(1))}`
}

/** The masks of an object's stored secrets by the placeholders that stand for them. */
export function placeholdersOf({ kind, id, configuration }: StoredObject): Map<string, string> {
  const secrets = listSecrets(kind, configuration)
  return new Map(secrets.map(({ pointer, secret }) => [placeholderOf(kind, id, pointer), secret.value]))
}

function upper(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]/g, '_').toUpperCase()
}
