import { describe, expect, it } from 'vitest'
import { monitorIdOf, objectIdPattern } from './object-ids.ts'

describe('monitorIdOf', () => {
  it('keeps a file name that the server takes as an id', () => {
    expect(['transfers', 'a.b_c-D9', 'x'.repeat(128)].map(monitorIdOf)).toEqual([
      'transfers',
      'a.b_c-D9',
      'x'.repeat(128),
    ])
  })

  it('writes any other name in allowed characters, the same each time and different for different names', () => {
    const stems = ['Große Transfers', 'Grosse Transfers', 'große transfers', '監視', '…', 'x'.repeat(129), ' x', 'a/b']
    const ids = stems.map(monitorIdOf)
    for (const id of ids) expect(id).toMatch(objectIdPattern)
    expect(new Set(ids).size).toBe(stems.length)
    expect(stems.map(monitorIdOf)).toEqual(ids)
    expect(monitorIdOf('Zweiter Wächter')).toBe('Zweiter-Wachter-96608441')
  })

  it('gives a decomposed name the id of the composed one', () => {
    expect(monitorIdOf('Wächter'.normalize('NFD'))).toBe(monitorIdOf('Wächter'.normalize('NFC')))
  })
})
