import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { declaredParametersOf, operationTypes } from '@smt/engine'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = readFileSync(`${root}docs/stellar.md`, 'utf8')

describe('docs/stellar.md', () => {
  const shown = [...page.matchAll(/`(examples\/stellar\/[^`]+\.json)`:\n\n```json\n([\s\S]*?)\n```/g)]

  it('shows the example files as they are, and no others', () => {
    expect(shown.length).toBeGreaterThan(5)
    expect(page.match(/```json/g)).toHaveLength(shown.length)
    for (const [, file, text] of shown) expect(text, file).toBe(readFileSync(`${root}${file}`, 'utf8').trimEnd())
  })

  it('lists every type of operation with the parameters that expressions see', () => {
    const common = new Set(declaredParametersOf('any').map(({ name }) => name))
    const rows = operationTypes.map((type) => {
      const own = declaredParametersOf(type).filter(({ name }) => !common.has(name) && !name.endsWith('_muxed'))
      return `| \`${type}\` | ${own.map(({ name, kind }) => `\`${name}\` ${kind}`).join(', ')} |`
    })
    expect(
      page.match(/^\| `[a-z_]+` \|.*(?:Address|Vec|String|U32|I64|I128|I32|Bytes).*\|$|^\| `[a-z_]+` \|  \|$/gm),
    ).toEqual(rows)
  })
})
