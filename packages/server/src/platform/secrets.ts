import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/** What a ciphertext is bound to: moved to another tenant, row or column it does not open. */
export type SecretPlace = { tenantId: string; table: string; rowId: string; column: string }

/**
 * Envelope encryption (security.md 6): the master key wraps one data key per tenant, the data key seals values with
 * AES-256-GCM under a random nonce, bound to their place by the additional data. Stored form:
 * `v1.<key version>.<nonce>.<ciphertext and tag>`, base64url.
 */
export type Secrets = {
  /** A fresh data key, wrapped for storage in tenant_keys. */
  createTenantKey(tenantId: string): string
  /** Opens a wrapped data key; throws SecretError when the master key is another one. */
  unwrapTenantKey(tenantId: string, wrapped: string): TenantSecrets
  /** Values of the installation itself (shared networks), under a key derived from the master key. */
  installation: TenantSecrets
  /** What tenant contexts are signed with (`db/tenant-context.ts`). */
  contextKey: Buffer
  /** A key for one purpose, derived from the master key (HKDF-SHA256): the same on every replica and after a restart. */
  deriveKey(purpose: string, sizeBytes: number): Buffer
}

export type TenantSecrets = {
  seal(plain: string, place: SecretPlace): string
  open(sealed: string, place: SecretPlace): string
}

/** The tenant that installation-wide secrets are bound to. */
export const installationTenantId = '00000000-0000-0000-0000-000000000000'

const keyVersion = 1
const nonceSizeBytes = 12
const tagSizeBytes = 16

export function createSecrets(masterKey: Buffer): Secrets {
  if (masterKey.length !== 32) throw new SecretError('the master key must have 32 bytes')
  const deriveKey = (purpose: string, sizeBytes: number) =>
    Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `smt/${purpose}`, sizeBytes))
  const keyEncryptionKey = deriveKey('key-encryption/v1', 32)
  const wrapPlace = (tenantId: string) => ['tenant_keys', tenantId, String(keyVersion)]
  return {
    deriveKey,
    contextKey: deriveKey('tenant-context/v1', 32),
    createTenantKey: (tenantId) =>
      encrypt(keyEncryptionKey, randomBytes(32).toString('base64url'), wrapPlace(tenantId)),
    unwrapTenantKey: (tenantId, wrapped) =>
      createTenantSecrets(Buffer.from(decrypt(keyEncryptionKey, wrapped, wrapPlace(tenantId)), 'base64url')),
    installation: createTenantSecrets(deriveKey('installation-secrets/v1', 32)),
  }
}

function createTenantSecrets(key: Buffer): TenantSecrets {
  const parts = (place: SecretPlace) => [place.tenantId, place.table, place.rowId, place.column, String(keyVersion)]
  return {
    seal: (plain, place) => encrypt(key, plain, parts(place)),
    open: (sealed, place) => decrypt(key, sealed, parts(place)),
  }
}

/** Reads SMT_MASTER_KEY: 32 bytes in base64, base64url or hex. */
export function parseMasterKey(text: string): Buffer {
  const key = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
  if (key.length !== 32) throw new SecretError('the master key must be 32 bytes in base64 or hex')
  return key
}

// Length-prefixed and hashed, so that no two places share their additional data.
function additionalData(parts: readonly string[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`)
  return hash.digest()
}

function encrypt(key: Buffer, plain: string, place: readonly string[]): string {
  const nonce = randomBytes(nonceSizeBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(additionalData(place))
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `v1.${keyVersion}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`
}

function decrypt(key: Buffer, text: string, place: readonly string[]): string {
  const [format, version, nonceText, sealedText, ...rest] = text.split('.')
  if (
    format !== 'v1' ||
    version !== String(keyVersion) ||
    nonceText === undefined ||
    sealedText === undefined ||
    rest.length > 0
  ) {
    throw new SecretError('a stored secret has an unknown form')
  }
  const nonce = Buffer.from(nonceText, 'base64url')
  const sealed = Buffer.from(sealedText, 'base64url')
  if (nonce.length !== nonceSizeBytes || sealed.length < tagSizeBytes)
    throw new SecretError('a stored secret is damaged')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAAD(additionalData(place))
    decipher.setAuthTag(sealed.subarray(-tagSizeBytes))
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagSizeBytes)), decipher.final()]).toString('utf8')
  } catch (error) {
    throw new SecretError(
      'a stored secret does not open: it was changed, moved, or sealed under another master key',
      error,
    )
  }
}

export class SecretError extends Error {
  override readonly name = 'SecretError'

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
  }
}
