import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { channels } from '../packages/engine/src/channels/channels.ts'

const root = resolve(import.meta.dirname, '../packages')
const definitions = 'engine/src/channels'
const senders = 'server/src/triggers/channels'

/** Where a word that is a channel's name means something else. */
const otherMeanings: readonly { name: string; file: string }[] = [
  // The address of an account.
  { name: 'email', file: 'server/src/tenants/' },
  { name: 'email', file: 'server/src/roles/' },
  { name: 'email', file: 'server/src/main.ts' },
  // A trigger like any that a tenant saves: what the canaries own.
  { name: 'webhook', file: 'server/src/probe/canary-objects.ts' },
  // The script of a filter.
  { name: 'script', file: 'engine/src/config/script.ts' },
]

async function listFolders(path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

async function listSources(path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('/testing/'))
}

/** Code that is about one channel: its name as a literal, as a key or as a type, or a look for its settings. */
function mentions(text: string, { name, keyField }: { name: string; keyField: string }): boolean {
  return new RegExp(`['"\`]${name}['"\`]|(?<![\\w.])${name}\\??:|\\.${name}\\b|['"]${keyField}['"] in `).test(text)
}

/** A folder is about its own channel; the two registries have one line for each. */
function mayMention(file: string, name: string): boolean {
  return (
    [definitions, senders].some((at) => file === `${at}/channels.ts` || file.startsWith(`${at}/${name}/`)) ||
    otherMeanings.some((other) => other.name === name && file.startsWith(other.file))
  )
}

describe('channels', () => {
  it('have one folder each that says what they are, and one that sends where they are sent', async () => {
    expect(await listFolders(definitions)).toEqual(channels.map(({ name }) => name).toSorted())
    const sent = channels.filter(({ transport }) => transport !== null).map(({ name }) => name)
    expect(await listFolders(senders)).toEqual(sent.toSorted())
  })

  it('are named nowhere else in engine and server', async () => {
    const files = [...(await listSources('engine/src')), ...(await listSources('server/src'))]
    expect(files.length).toBeGreaterThan(300)
    const found: string[] = []
    for (const file of files) {
      const text = (await readFile(join(root, file), 'utf8')).replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
      for (const channel of channels) {
        if (mentions(text, channel) && !mayMention(file, channel.name)) found.push(`${file} mentions ${channel.name}`)
      }
    }
    expect(found).toEqual([])
  })

  it('would be found where a file has a branch for one', () => {
    const channel = { name: 'pager', keyField: 'routing_key' }
    const branches = [`kind === 'pager'`, '  pager: createPager(),', 'senders.pager(alert)', `'routing_key' in config`]
    for (const branch of branches) expect(mentions(branch, channel), branch).toBe(true)
    for (const other of ['spager: 1', 'the pager', `config['routing_key']`])
      expect(mentions(other, channel)).toBe(false)
  })
})
