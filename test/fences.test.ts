import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const serverSrc = join(root, 'packages/server/src')

/** The level table of docs/architecture.md. A folder imports lower levels only, the same level not at all. */
const levels: Record<string, number> = {
  platform: 0,
  tenants: 1,
  networks: 2,
  triggers: 2,
  usage: 2,
  monitors: 3,
  ingestion: 4,
  matching: 4,
  delivery: 4,
  engines: 5,
  probe: 5,
  api: 5,
  'deps.ts': 6,
  roles: 7,
}

/** Stores that every level may write through: they belong to no single use case. */
const openStores = new Set([
  'tenants/audit-store.ts',
  'tenants/quota-store.ts',
  'tenants/notice-store.ts',
  'tenants/storage-store.ts',
])

/** What a package may depend on inside the repository. */
const packageFences: Record<string, string[]> = {
  engine: [],
  chains: ['@smt/engine'],
  testkit: [],
  server: ['@smt/engine', '@smt/chains'],
  cli: ['@smt/engine', '@smt/chains'],
}

type Import = { file: string; target: string }

async function listSources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

async function importsOf(files: string[]): Promise<Import[]> {
  const found: Import[] = []
  for (const file of files) {
    const text = await readFile(file, 'utf8')
    for (const [, target] of text.matchAll(/^(?:import|export)\b[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm)) {
      if (target !== undefined) found.push({ file, target })
    }
  }
  return found
}

describe('import fences', () => {
  it('lets each server folder import lower levels only, through services, never through stores', async () => {
    const files = (await listSources(serverSrc)).filter((file) => !file.includes('/testing/'))
    expect(files.length).toBeGreaterThan(60)
    const broken: string[] = []
    for (const { file, target } of await importsOf(files)) {
      if (!target.startsWith('.')) continue
      const from = relative(serverSrc, file)
      const to = relative(serverSrc, resolve(dirname(file), target))
      const [fromFolder, toFolder] = [from.split('/')[0] ?? '', to.split('/')[0] ?? '']
      if (to.startsWith('testing/')) broken.push(`${from} imports ${to}: testing is for tests only`)
      if (fromFolder === toFolder || levels[fromFolder] === undefined) continue
      const toLevel = levels[toFolder]
      if (toLevel === undefined || toLevel >= (levels[fromFolder] ?? 0)) broken.push(`${from} imports ${to}`)
      if (to.endsWith('-store.ts') && !openStores.has(to)) broken.push(`${from} enters ${to} past its service`)
    }
    expect(broken).toEqual([])
  })

  it('knows every folder of the server', async () => {
    const entries = await readdir(serverSrc, { withFileTypes: true })
    const folders = entries
      .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
      .map((entry) => entry.name)
    expect(folders.filter((folder) => levels[folder] === undefined)).toEqual([])
  })

  it('keeps SQL in stores and in the platform', async () => {
    const files = await listSources(serverSrc)
    const broken = (await importsOf(files))
      .filter(({ file, target }) => {
        const from = relative(serverSrc, file)
        return (
          target.endsWith('db/tx.ts') &&
          !from.startsWith('platform/') &&
          !from.startsWith('testing/') &&
          !from.endsWith('-store.ts')
        )
      })
      .map(({ file }) => file)
    for (const file of broken) {
      const text = await readFile(file, 'utf8')
      expect({
        file: relative(root, file),
        usesSql: /import \{[^}]*\bsql\b[^}]*\} from '[^']*db\/tx\.ts'/.test(text),
      }).toEqual({
        file: relative(root, file),
        usesSql: false,
      })
    }
  })

  it.each(Object.entries(packageFences))('lets packages/%s depend on %j alone', async (name, allowed) => {
    const files = await listSources(join(root, 'packages', name, 'src'))
    expect(files.length).toBeGreaterThan(3)
    const broken = (await importsOf(files)).filter(
      ({ file, target }) => target.startsWith('@smt/') && !allowed.includes(target) && !file.includes('/testing/'),
    )
    expect(broken).toEqual([])
  })

  it('keeps the engine pure: no Node module but to load its decoder, no clock, randomness or environment', async () => {
    // Reads the WebAssembly of the XDR decoder from its package: code, not data (decision 14).
    const loader = 'packages/engine/src/stellar/xdr-module.ts'
    const files = (await listSources(join(root, 'packages/engine/src'))).filter((file) => !file.includes('/testing/'))
    for (const { file, target } of await importsOf(files)) {
      expect({
        file: relative(root, file),
        node: target.startsWith('node:') && relative(root, file) !== loader,
      }).toEqual({
        file: relative(root, file),
        node: false,
      })
    }
    for (const file of files) {
      const text = await readFile(file, 'utf8')
      expect({
        file: relative(root, file),
        impure: /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|process\.env/.test(text),
      }).toEqual({
        file: relative(root, file),
        impure: false,
      })
    }
  })

  it('lets one module of the command line reach the network', async () => {
    const folder = join(root, 'packages/cli/src')
    const reaching = (await importsOf(await listSources(folder)))
      .filter(({ target }) => /^(undici|node:(http|https|net|tls|dns)(\/promises)?|axios|got)$/.test(target))
      .map(({ file }) => relative(folder, file))
    expect(reaching).toEqual(['http.ts'])
  })

  it('lets one module of the server reach the network', async () => {
    const files = await listSources(serverSrc)
    const reaching = (await importsOf(files))
      .filter(({ target }) => /^(undici|node:(http|https|net|tls|dns)(\/promises)?|axios|got)$/.test(target))
      .map(({ file }) => relative(serverSrc, file))
      .filter((file) => !file.startsWith('testing/'))
    for (const file of reaching) expect(file).toMatch(/^platform\/egress\//)
  })
})
