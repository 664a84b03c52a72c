import { access, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const docs = resolve(import.meta.dirname, '../docs')

type Claim = { title: string; path: string }

/** The tests that a page links to: the text of a link is the title in the file that it leads to. */
function claimsIn(page: string): Claim[] {
  const links = page.matchAll(/\[([^\]]+)\]\(([^)]+\.test\.ts)\)/g)
  return [...links].map(([, title = '', path = '']) => ({ title, path }))
}

/** Rows of tables whose last column is `tests`. */
function rowsIn(page: string): string[] {
  const tables = page.split(/\n\n+/).filter((part) => /^\|.*\| tests +\|\n/.test(part))
  return tables.flatMap((table) => table.trimEnd().split('\n').slice(2))
}

/** Why a test of this title does not run on a server; undefined when it does. */
function problemOf(source: string, title: string): string | undefined {
  if (/\b(?:it|test|describe)\.(?:skip|todo|only|fails|runIf)\b/.test(source)) return 'the file skips tests'
  const skips = [...source.matchAll(/\.skipIf\(((?:[^()]|\(\))*)\)/g)].map(([, condition]) => condition)
  if (skips.some((condition) => condition !== '!hasServer()')) return 'the file skips tests on a server'
  const literal = title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const declared = new RegExp(`^\\s*(?:(?:it|describe)\\b.*|\\]\\)|\\))?\\(?\\s*(['"\`])${literal}\\1,`, 'm')
  return declared.test(source) ? undefined : 'no test has this title'
}

describe('the claims of docs/security.md', async () => {
  const page = await readFile(resolve(docs, 'security.md'), 'utf8')

  it('have a test each, or say that they are not made yet', () => {
    const rows = rowsIn(page)
    expect(rows.length).toBeGreaterThan(50)
    const bare = rows.filter((row) => claimsIn(row).length === 0 && !/\| not yet: [^|]{10,}\|$/.test(row))
    expect(bare).toEqual([])
    const both = rows.filter((row) => claimsIn(row).length > 0 && row.includes('not yet'))
    expect(both).toEqual([])
  })

  it('are proven by tests that exist and run on a server', async () => {
    const claims = claimsIn(page)
    expect(claims.length).toBeGreaterThan(60)
    const wrong: string[] = []
    for (const { title, path } of claims) {
      const file = resolve(docs, path)
      const isThere = await access(file).then(
        () => true,
        () => false,
      )
      const isRun = /^\.\.\/(?:packages\/[^/]+\/(?:src|test)|test)\//.test(path)
      const problem = isThere && isRun ? problemOf(await readFile(file, 'utf8'), title) : 'no test file of the suite'
      if (problem !== undefined) wrong.push(`${path}: ${title}: ${problem}`)
    }
    expect(wrong).toEqual([])
  })

  it('would fail for a test that was renamed, skipped, or skipped on a server alone', () => {
    const source = `describe('a wall', () => {\n  it('stands', () => undefined)\n})\n`
    expect(problemOf(source, 'stands')).toBeUndefined()
    expect(problemOf(source, 'a wall')).toBeUndefined()
    expect(problemOf(source, 'stood')).toBe('no test has this title')
    expect(problemOf(`// it('stands', later)\n`, 'stands')).toBe('no test has this title')
    expect(problemOf(source.replace('it(', 'it.skip('), 'stands')).toBe('the file skips tests')
    expect(problemOf(source.replace('it(', 'it.skipIf(hasServer())('), 'stands')).toMatch(/on a server/)
    expect(problemOf(source.replace('it(', 'it.skipIf(!hasServer())('), 'stands')).toBeUndefined()
  })
})
