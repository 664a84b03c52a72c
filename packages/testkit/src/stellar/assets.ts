import { StrKey } from '@stellar/stellar-base'
import { hashXdr, sha256, type XdrJson } from './xdr.ts'

/** `native` or `CODE:ISSUER`, as `Asset` of XDR. */
export function assetXdr(asset: string): XdrJson {
  if (asset === 'native') return 'native'
  const [code = '', issuer = ''] = asset.split(':')
  return { [code.length > 4 ? 'credit_alphanum12' : 'credit_alphanum4']: { asset_code: code, issuer } }
}

export function issuerOf(asset: string): string | undefined {
  return asset === 'native' ? undefined : asset.split(':')[1]
}

/** The reserved contract of an asset on a network. */
export function contractOfAsset(asset: string, passphrase: string): string {
  return contractId({ asset: assetXdr(asset) }, passphrase)
}

/** The contract that an account deploys with a salt. */
export function contractOfDeployer(deployer: string, salt: string, passphrase: string): string {
  return contractId({ address: { address: deployer, salt } }, passphrase)
}

export function networkId(passphrase: string): string {
  return sha256(passphrase)
}

function contractId(preimage: XdrJson, passphrase: string): string {
  const hash = hashXdr('HashIdPreimage', {
    contract_id: { network_id: networkId(passphrase), contract_id_preimage: preimage },
  })
  return StrKey.encodeContract(Buffer.from(hash, 'hex'))
}

/** The account behind a muxed address; other addresses stay as they are. */
export function accountOf(address: string): string {
  if (!address.startsWith('M')) return address
  return StrKey.encodeEd25519PublicKey(StrKey.decodeMed25519PublicKey(address).subarray(0, 32))
}

/** The id that a muxed address carries. */
export function muxedIdOf(address: string): string | undefined {
  if (!address.startsWith('M')) return undefined
  return StrKey.decodeMed25519PublicKey(address).readBigUInt64BE(32).toString()
}

/** M… of an account and an id. */
export function muxedAddress(account: string, id: bigint): string {
  const bytes = Buffer.alloc(40)
  StrKey.decodeEd25519PublicKey(account).copy(bytes)
  bytes.writeBigUInt64BE(id, 32)
  return StrKey.encodeMed25519PublicKey(bytes)
}
