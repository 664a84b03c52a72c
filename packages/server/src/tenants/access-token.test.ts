import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { createSecrets } from '../platform/secrets.ts'
import { createAccessTokens } from './access-token.ts'

const claims = {
  userId: '018f0000-0000-7000-8000-000000000001',
  sessionId: '018f0000-0000-7000-8000-000000000002',
}
const start = Date.parse('2026-11-24T12:00:00Z')
const masterKey = randomBytes(32)
const secrets = createSecrets(masterKey)

function startTokens() {
  let nowMs = start
  const tokens = createAccessTokens({ secrets, clock: { now: () => new Date(nowMs) } })
  return { tokens, at: (seconds: number) => (nowMs = start + seconds * 1000) }
}

// The key as access-token.ts derives it, to sign what the server itself never would.
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secrets.deriveKey('jwt/ed25519/v1', 32)]),
  format: 'der',
  type: 'pkcs8',
})
const startS = start / 1000
const goodHeader = { alg: 'Ed25519', typ: 'at+jwt' }
const goodPayload = {
  iss: 'smt',
  aud: 'smt-api',
  sub: claims.userId,
  sid: claims.sessionId,
  iat: startS,
  nbf: startS,
  exp: startS + 600,
}

function signed(payload: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ ...goodHeader, ...header }).sign(privateKey)
}

function unsigned(header: object, payload: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(payload)}.${signature}`
}

describe('access tokens', () => {
  it('names its algorithm Ed25519 and its type at+jwt, and carries exactly the agreed claims', async () => {
    const { tokens } = startTokens()
    const [header, payload] = (await tokens.issue(claims))
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    expect(header).toEqual({ alg: 'Ed25519', typ: 'at+jwt' })
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'nbf', 'sid', 'sub'])
    expect(payload.exp - payload.iat).toBe(600)
  })

  it('is accepted by another replica and after a restart, and by no installation with another master key', async () => {
    const token = await startTokens().tokens.issue(claims)
    expect(await startTokens().tokens.verify(token)).toEqual(claims)
    const elsewhere = createAccessTokens({
      secrets: createSecrets(randomBytes(32)),
      clock: { now: () => new Date(start) },
    })
    expect(await elsewhere.verify(token)).toBeUndefined()
  })

  it('accepts the token that the corpus of bad ones is made from', async () => {
    expect(await startTokens().tokens.verify(await signed(goodPayload))).toEqual(claims)
  })

  const other = generateKeyPairSync('ed25519')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const bad: Record<string, () => Promise<string> | string> = {
    'alg none': () => unsigned({ ...goodHeader, alg: 'none' }, goodPayload),
    'alg HS256 under the public key': () => {
      const text = unsigned({ ...goodHeader, alg: 'HS256' }, goodPayload).slice(0, -1)
      const key = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
    },
    'alg HS256 of a stranger': () =>
      new SignJWT(goodPayload).setProtectedHeader({ ...goodHeader, alg: 'HS256' }).sign(randomBytes(32)),
    'alg RS256 of a stranger': () =>
      new SignJWT(goodPayload).setProtectedHeader({ ...goodHeader, alg: 'RS256' }).sign(rsa.privateKey),
    'alg EdDSA, the deprecated name': () => signed(goodPayload, { alg: 'EdDSA' }),
    'another key': () => new SignJWT(goodPayload).setProtectedHeader(goodHeader).sign(other.privateKey),
    'another key that is named in the jwk header': async () =>
      new SignJWT(goodPayload)
        .setProtectedHeader({ ...goodHeader, jwk: await exportJWK(other.publicKey) })
        .sign(other.privateKey),
    'a jwk header under the right key': async () => signed(goodPayload, { jwk: await exportJWK(other.publicKey) }),
    'a kid header': () => signed(goodPayload, { kid: '../../dev/null' }),
    'typ JWT': () => signed(goodPayload, { typ: 'JWT' }),
    'no typ': () => new SignJWT(goodPayload).setProtectedHeader({ alg: 'Ed25519' }).sign(privateKey),
    'another issuer': () => signed({ ...goodPayload, iss: 'other' }),
    'another audience': () => signed({ ...goodPayload, aud: 'other' }),
    'no audience': () => signed({ ...goodPayload, aud: undefined }),
    'no expiry': () => signed({ ...goodPayload, exp: undefined }),
    'no session': () => signed({ ...goodPayload, sid: undefined }),
    'a session that is no id': () => signed({ ...goodPayload, sid: "' or true --" }),
    'no subject': () => signed({ ...goodPayload, sub: undefined }),
    expired: () => signed({ ...goodPayload, exp: startS - 1 }),
    'expiring at this second': () => signed({ ...goodPayload, exp: startS }),
    'not valid before a minute from now': () => signed({ ...goodPayload, nbf: startS + 60 }),
    truncated: async () => (await signed(goodPayload)).slice(0, -4),
    'without a signature': async () => (await signed(goodPayload)).replace(/[^.]+$/, ''),
    'with a changed payload': async () => {
      const [header, , signature] = (await signed(goodPayload)).split('.')
      return `${header}.${unsigned({}, { ...goodPayload, sub: claims.sessionId }).split('.')[1]}.${signature}`
    },
    oversized: () => signed({ ...goodPayload, extra: 'a'.repeat(5_000) }),
    empty: () => '',
    'no JWT at all': () => 'x.y.z',
  }
  it.each(Object.entries(bad))('refuses a token with: %s', async (_, make) => {
    expect(await startTokens().tokens.verify(await make())).toBeUndefined()
  })

  it('checks the expiry of a token that it has verified before', async () => {
    const { tokens, at } = startTokens()
    const token = await tokens.issue(claims)
    expect(await tokens.verify(token)).toEqual(claims)
    at(599)
    expect(await tokens.verify(token)).toEqual(claims)
    at(600)
    expect(await tokens.verify(token)).toBeUndefined()
  })

  it('is valid at once on a replica whose clock is a little behind', async () => {
    const { tokens, at } = startTokens()
    const token = await tokens.issue(claims)
    at(-4)
    expect(await tokens.verify(token)).toEqual(claims)
  })
})
