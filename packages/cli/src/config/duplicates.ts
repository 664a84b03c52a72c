import { textOf } from '../json.ts'
import type { ConfigObject } from './config-files.ts'
import type { Finding } from './finding.ts'

/**
 * Names and slugs that are taken twice (spec/01 §1.4), and trigger ids and file names of which the original would
 * silently keep only one.
 */
export function duplicateFindings(objects: readonly ConfigObject[]): Finding[] {
  const ofKind = (kind: ConfigObject['kind']) => objects.filter((object) => object.kind === kind)
  const named = (['network', 'monitor', 'trigger'] as const).flatMap((kind) =>
    repeated(ofKind(kind), 'name', (object) => normalised(textOf(object.value, 'name'))),
  )
  const slugs = repeated(ofKind('network'), 'slug', (object) => normalised(textOf(object.value, 'slug')))
  const ids = repeated(ofKind('trigger'), 'id', (object) => object.id)
  const stems = (['network', 'monitor'] as const).flatMap((kind) =>
    repeated(ofKind(kind), 'file name', (object) => object.stem),
  )
  return [...named, ...slugs, ...ids, ...stems]
}

/** Trimmed and in lower case, inner blanks kept: how names are compared. */
export function normalised(name: string | undefined): string | undefined {
  return name?.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '').toLowerCase()
}

type Field = 'name' | 'slug' | 'id' | 'file name'

function repeated(
  objects: readonly ConfigObject[],
  field: Field,
  keyOf: (object: ConfigObject) => string | undefined,
): Finding[] {
  const first = new Map<string, ConfigObject>()
  const findings: Finding[] = []
  for (const object of objects) {
    const key = keyOf(object)
    if (key === undefined) continue
    const other = first.get(key)
    if (other === undefined) {
      first.set(key, object)
      continue
    }
    const pointer = object.base + (field === 'name' || field === 'slug' ? `/${field}` : '')
    const message = `has the ${field} of ${other.file}${other.base}`
    findings.push({ file: object.file, pointer, code: 'duplicate', message })
  }
  return findings
}
