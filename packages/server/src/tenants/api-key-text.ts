import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Ids } from '../platform/ids.ts'

/** The two halves of a key: the id finds it, the hash of the secret proves it. */
export type ApiKeyParts = { keyId: string; secretHash: Buffer }

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 22
const secretLength = 43
const pattern = new RegExp(`^smt_([0-9A-Za-z]{${idLength}})([0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{6})$`)

/** A new key: `smt_`, 22 characters of id, 43 of secret (256 bits), 6 of CRC-32, all base62. */
export function createApiKeyText(ids: Pick<Ids, 'random'>): { text: string; parts: ApiKeyParts } {
  const keyId = randomBase62(ids, idLength)
  const secret = randomBase62(ids, secretLength)
  return { text: `smt_${keyId}${secret}${checksum(keyId + secret)}`, parts: partsOf(keyId, secret) }
}

/** Reads a presented key. Undefined, without a query, for what was mistyped, cut off or made up. */
export function readApiKeyText(text: string): ApiKeyParts | undefined {
  const [, keyId, secret, check] = pattern.exec(text) ?? []
  if (keyId === undefined || secret === undefined || check !== checksum(keyId + secret)) return undefined
  return partsOf(keyId, secret)
}

// A fast hash is right here: the secret has 256 random bits.
function partsOf(keyId: string, secret: string): ApiKeyParts {
  return { keyId, secretHash: createHash('sha256').update(secret).digest() }
}

function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let place = 0; place < 6; place += 1) {
    text = alphabet.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}

/** Evenly distributed: bytes above the last multiple of 62 are thrown away. */
function randomBase62(ids: Pick<Ids, 'random'>, length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of ids.random(length)) {
      if (byte < 248 && text.length < length) text += alphabet.charAt(byte % 62)
    }
  }
  return text
}
