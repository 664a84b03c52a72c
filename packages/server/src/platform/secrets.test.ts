import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSecrets, parseMasterKey, SecretError, type SecretPlace } from './secrets.ts'

const tenantId = '018f0000-0000-7000-8000-000000000001'
const otherTenantId = '018f0000-0000-7000-8000-000000000002'
const place: SecretPlace = { tenantId, table: 'networks', rowId: 'r1', column: 'configuration' }

describe('sealed secrets', () => {
  const secrets = createSecrets(randomBytes(32))
  const wrapped = secrets.createTenantKey(tenantId)
  const keys = secrets.unwrapTenantKey(tenantId, wrapped)

  it('opens what it sealed, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wellFormed = Buffer.from(text, 'utf8').toString('utf8')
        expect(keys.open(keys.seal(wellFormed, place), place)).toBe(wellFormed)
      }),
    )
  })

  it('never seals the same text twice alike', () => {
    expect(keys.seal('x', place)).not.toBe(keys.seal('x', place))
  })

  it.each([
    ['tenant', { ...place, tenantId: otherTenantId }],
    ['table', { ...place, table: 'triggers' }],
    ['row', { ...place, rowId: 'r2' }],
    ['column', { ...place, column: 'other' }],
  ])('does not open a value that was moved to another %s', (_, moved) => {
    expect(() => keys.open(keys.seal('secret', place), moved)).toThrow(SecretError)
  })

  it('notices every flipped bit', () => {
    const sealed = keys.seal('secret', place)
    const [format, version, nonce = '', text = ''] = sealed.split('.')
    for (const [position, part] of [nonce, text].entries()) {
      const bytes = Buffer.from(part, 'base64url')
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7))
        const parts = [nonce, text]
        parts[position] = flipped.toString('base64url')
        expect(() => keys.open([format, version, ...parts].join('.'), place)).toThrow(SecretError)
      }
    }
  })

  it('does not unwrap a tenant key under another master key or for another tenant', () => {
    expect(() => createSecrets(randomBytes(32)).unwrapTenantKey(tenantId, wrapped)).toThrow(SecretError)
    expect(() => secrets.unwrapTenantKey(otherTenantId, wrapped)).toThrow(SecretError)
  })

  it('does not open a value of another tenant even at the same place', () => {
    const others = secrets.unwrapTenantKey(otherTenantId, secrets.createTenantKey(otherTenantId))
    expect(() => others.open(keys.seal('secret', place), place)).toThrow(SecretError)
  })

  it('derives the same key for a purpose after a restart and another one for another purpose', () => {
    const master = randomBytes(32)
    expect(createSecrets(master).deriveKey('a', 32)).toEqual(createSecrets(master).deriveKey('a', 32))
    expect(createSecrets(master).deriveKey('a', 32)).not.toEqual(createSecrets(master).deriveKey('b', 32))
  })

  it('reads a master key in hex and base64 and refuses other sizes', () => {
    const key = randomBytes(32)
    expect(parseMasterKey(key.toString('hex'))).toEqual(key)
    expect(parseMasterKey(key.toString('base64'))).toEqual(key)
    expect(() => parseMasterKey('c2hvcnQ=')).toThrow(SecretError)
  })
})
