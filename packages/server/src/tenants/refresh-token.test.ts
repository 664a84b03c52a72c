import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemIds } from '../platform/ids.ts'
import { createSecrets } from '../platform/secrets.ts'
import { createRefreshTokens } from './refresh-token.ts'

const masterKey = randomBytes(32)
const tokens = createRefreshTokens({ ids: systemIds, secrets: createSecrets(masterKey) })

describe('refresh tokens', () => {
  it('are smtr_ and 256 random bits, of which only the hash is kept', () => {
    const token = tokens.create()
    expect(token.text).toMatch(/^smtr_[A-Za-z0-9_-]{43}$/)
    expect(token.hash).toHaveLength(32)
    expect(tokens.read(token.text)).toEqual(token)
    expect(tokens.create().text).not.toBe(token.text)
  })

  it('have one successor, the same on every replica and none that another installation could compute', () => {
    const token = tokens.create()
    const replica = createRefreshTokens({ ids: systemIds, secrets: createSecrets(masterKey) })
    const stranger = createRefreshTokens({ ids: systemIds, secrets: createSecrets(randomBytes(32)) })
    expect(replica.successorOf(token)).toEqual(tokens.successorOf(token))
    expect(tokens.read(tokens.successorOf(token).text)).toEqual(tokens.successorOf(token))
    expect(stranger.successorOf(token)).not.toEqual(tokens.successorOf(token))
  })

  it.each(['', 'smtr_', 'smtr_short', `smt_${'a'.repeat(43)}`, `smtr_${'a'.repeat(44)}`, `smtr_${'+'.repeat(43)}`])(
    'are not read from %j',
    (text) => expect(tokens.read(text)).toBeUndefined(),
  )
})
