import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import type { Secrets } from '../platform/secrets.ts'

export type AccessClaims = { userId: string; sessionId: string }

/**
 * Short-lived tokens of users: JWTs signed with Ed25519 (RFC 9068 `at+jwt`, RFC 9864). The key is derived from the master
 * key, so that tokens survive a restart and every replica accepts them. A token only says who and which session; whether
 * the session lives and what its user may do is read on each request.
 */
export type AccessTokens = {
  issue(claims: AccessClaims): Promise<string>
  /** Undefined for everything that is not a valid token of this installation at this moment. */
  verify(token: string): Promise<AccessClaims | undefined>
  lifetimeS: number
}

export type AccessTokenDeps = { secrets: Pick<Secrets, 'deriveKey'>; clock: Pick<Clock, 'now'> }

const algorithm = 'Ed25519'
const tokenType = 'at+jwt'
const issuer = 'smt'
const audience = 'smt-api'
const lifetimeS = 600
// Replicas' clocks differ a little: a token of one is good at once on the others.
const clockSkewS = 5
const tokenSizeMax = 2_000
const verifiedMax = 10_000

const payloadSchema = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.int() })

export function createAccessTokens({ secrets, clock }: AccessTokenDeps): AccessTokens {
  const privateKey = ed25519Key(secrets.deriveKey('jwt/ed25519/v1', 32))
  const publicKey = createPublicKey(privateKey)
  const verified = new LRUCache<string, AccessClaims & { expiresAtS: number }>({ max: verifiedMax })
  const nowS = () => Math.floor(clock.now().getTime() / 1000)

  const check = async (token: string) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, publicKey, {
        algorithms: [algorithm],
        typ: tokenType,
        issuer,
        audience,
        requiredClaims: ['sub', 'sid', 'iat', 'nbf', 'exp'],
        currentDate: clock.now(),
      })
      // Nothing but these two was ever signed here: a key in the header is never so much as looked at.
      if (Object.keys(protectedHeader).length !== 2) return undefined
      const { sub, sid, exp } = payloadSchema.parse(payload)
      return { userId: sub, sessionId: sid, expiresAtS: exp }
    } catch {
      // Whatever is wrong with a token, the answer is the same.
      return undefined
    }
  }

  return {
    lifetimeS,
    issue: ({ userId, sessionId }) => {
      const now = nowS()
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: algorithm, typ: tokenType })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(now)
        .setNotBefore(now - clockSkewS)
        .setExpirationTime(now + lifetimeS)
        .sign(privateKey)
    },
    verify: async (token) => {
      if (token.length > tokenSizeMax) return undefined
      const key = createHash('sha256').update(token).digest('base64')
      const found = verified.get(key) ?? (await check(token))
      if (found === undefined || found.expiresAtS <= nowS()) {
        verified.delete(key)
        return undefined
      }
      verified.set(key, found)
      return { userId: found.userId, sessionId: found.sessionId }
    },
  }
}

// The fixed start of a PKCS #8 document (RFC 8410) that holds an Ed25519 seed.
const pkcs8Start = Buffer.from('302e020100300506032b657004220420', 'hex')

function ed25519Key(seed: Buffer) {
  return createPrivateKey({ key: Buffer.concat([pkcs8Start, seed]), format: 'der', type: 'pkcs8' })
}
