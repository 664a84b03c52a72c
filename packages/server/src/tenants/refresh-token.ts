import { createHash, createHmac } from 'node:crypto'
import type { Ids } from '../platform/ids.ts'
import type { Secrets } from '../platform/secrets.ts'

/** A refresh token and what of it is stored. */
export type RefreshToken = { text: string; hash: Buffer }

/**
 * Opaque refresh tokens, `smtr_` and 256 random bits; only SHA-256 is stored. A successor is computed from its predecessor
 * under a derived key: a client that lost the answer and asks again gets the same one, though it is stored nowhere.
 */
export type RefreshTokens = {
  create(): RefreshToken
  /** Undefined for what cannot be a refresh token. */
  read(text: string): RefreshToken | undefined
  successorOf(token: RefreshToken): RefreshToken
}

const prefix = 'smtr_'

export function createRefreshTokens({
  ids,
  secrets,
}: {
  ids: Pick<Ids, 'random'>
  secrets: Pick<Secrets, 'deriveKey'>
}): RefreshTokens {
  const key = secrets.deriveKey('refresh-successor/v1', 32)
  return {
    create: () => tokenOf(prefix + ids.random(32).toString('base64url')),
    read: (text) => (/^smtr_[A-Za-z0-9_-]{43}$/.test(text) ? tokenOf(text) : undefined),
    successorOf: ({ text }) => tokenOf(prefix + createHmac('sha256', key).update(text).digest('base64url')),
  }
}

function tokenOf(text: string): RefreshToken {
  return { text, hash: createHash('sha256').update(text).digest() }
}
