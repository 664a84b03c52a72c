import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { productDifferences } from './testing/product-differences.ts'

const page = readFileSync(new URL('../../../../docs/compatibility.md', import.meta.url), 'utf8')

describe('docs/compatibility.md', () => {
  it('lists exactly the rows in which the product dialect differs from OZ Monitor, with their results', () => {
    const rows = [...page.matchAll(/^\| ([A-Z][0-9]+) \|.*\| (\S+) \| (\S+) \| [^|]+ \|$/gm)]
    const listed = Object.fromEntries(rows.map(([, id = '', , here = '']) => [id, here]))
    const expected = Object.entries(productDifferences).map(([id, { result }]) => [id, result])
    expect(listed).toEqual(Object.fromEntries(expected))
  })
})
