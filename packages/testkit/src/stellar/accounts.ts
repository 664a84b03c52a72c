import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { StrKey } from '@stellar/stellar-base'

export const accountNames = ['alice', 'bob', 'carol', 'dave', 'issuer', 'admin'] as const

export type AccountName = (typeof accountNames)[number]

/** A key pair of an account or a validator. Everything is hex. */
export type Key = { address: string; hint: string; sign(hash: string): string }

/** The key pairs of a simulator, by address. */
export type Keys = {
  addresses: Record<AccountName, string>
  validator: Key
  /** The simulator has no keys of accounts that come from elsewhere; their signatures are left out. */
  find(account: string): Key | undefined
}

/** Key pairs derived from the seed: the same seed gives the same addresses. */
export function createKeys(seed: string): Keys {
  const byAddress = new Map<string, Key>()
  const take = (name: AccountName) => {
    const key = deriveKey(`${seed}/${name}`)
    byAddress.set(key.address, key)
    return key.address
  }
  return {
    addresses: {
      alice: take('alice'),
      bob: take('bob'),
      carol: take('carol'),
      dave: take('dave'),
      issuer: take('issuer'),
      admin: take('admin'),
    },
    validator: deriveKey(`${seed}/validator`),
    find: (account) => byAddress.get(account),
  }
}

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

// Signed by node, which is a hundred times faster than the signer of stellar-base and gives the same bytes.
function deriveKey(name: string): Key {
  const secret = createHash('sha256').update(name).digest()
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, secret]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    address: StrKey.encodeEd25519PublicKey(raw),
    hint: raw.subarray(-4).toString('hex'),
    sign: (hash) => sign(null, Buffer.from(hash, 'hex'), key).toString('hex'),
  }
}
