import { type ConfigKind, type JsonValue, mapSecrets } from '@smt/engine'
import type { ServerState, StoredObject } from '../api/stored-object.ts'
import { folders } from '../config/config-files.ts'
import { extensionsFolder } from '../config/extension-files.ts'
import { isJsonObject, prettyJson } from '../json.ts'
import { extensionKey, ownExtensions } from './fingerprint.ts'
import { placeholderOf } from './placeholder.ts'
import { renderConfig } from './render-config.ts'
import type { TreeFile } from './write-tree.ts'

export type Export = {
  files: TreeFile[]
  /** Environment variables that must hold the secrets wherever the files are used. */
  variables: { variable: string; kind: ConfigKind; id: string; pointer: string }[]
  /** What is set beside a configuration and has no place in the files. */
  dropped: { kind: ConfigKind; id: string; fields: string[] }[]
  /** Networks of the operator to which monitors refer. */
  shared: string[]
}

/** The configuration of a tenant as OpenZeppelin Monitor would load it: one file per network and monitor. */
export function exportFiles({ networks, triggers, monitors, shared }: ServerState): Export {
  const variables: Export['variables'] = []
  const contentOf = <K extends ConfigKind>({ kind, id, configuration }: StoredObject<K>): JsonValue =>
    renderConfig(
      kind,
      mapSecrets(kind, configuration, (secret, pointer) => {
        const variable = placeholderOf(kind, id, pointer)
        variables.push({ variable, kind, id, pointer })
        return { ...secret, type: 'Environment', value: variable }
      }),
    )
  const byId = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1)
  const fileOf = <K extends ConfigKind>(object: StoredObject<K>): TreeFile => ({
    path: `${folders[object.kind]}/${object.id}.json`,
    text: prettyJson(contentOf(object)),
  })
  const map = Object.fromEntries(triggers.toSorted(byId).map((trigger) => [trigger.id, contentOf(trigger)]))
  const referred = new Set(monitors.flatMap(({ configuration }) => configuration.networks))
  const own = new Set(networks.map(({ id }) => id))
  return {
    files: [
      ...networks.toSorted(byId).map(fileOf),
      ...(triggers.length === 0 ? [] : [{ path: `${folders.trigger}/triggers.json`, text: prettyJson(map) }]),
      ...monitors.toSorted(byId).map(fileOf),
      ...monitors.toSorted(byId).flatMap(extensionFileOf),
    ],
    variables,
    dropped: [...networks, ...triggers, ...monitors].map(droppedOf).filter(({ fields }) => fields.length > 0),
    shared: shared.map(({ id }) => id).filter((id) => referred.has(id) && !own.has(id)),
  }
}

function droppedOf({ kind, id, beside }: StoredObject): Export['dropped'][number] {
  const fields = Object.entries(beside).flatMap(([field, value]) =>
    isDefault(field, value) || (kind === 'monitor' && field === 'extensions') ? [] : [field],
  )
  return { kind, id, fields }
}

/** Those that OpenZeppelin Monitor does not start without, and ours when there is something in it. */
export function foldersOf({ files }: Export): string[] {
  const isExtended = files.some(({ path }) => path.startsWith(`${extensionsFolder}/`))
  return [...Object.values(folders), ...(isExtended ? [extensionsFolder] : [])]
}

/** OpenZeppelin Monitor does not look into this folder, and an import takes it up again. */
function extensionFileOf({ id, beside }: StoredObject<'monitor'>): TreeFile[] {
  const extensions = ownExtensions(beside)
  if (Object.keys(extensions).length === 0) return []
  return [{ path: `${extensionsFolder}/${id}.json`, text: prettyJson(extensions) }]
}

function isDefault(field: string, value: JsonValue): boolean {
  if (field === 'severity') return value === 'medium'
  if (isJsonObject(value)) return Object.keys(value).every((key) => field === 'extensions' && key === extensionKey)
  return value === null
}
