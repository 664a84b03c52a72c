import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { JsonValue } from '../config/json.ts'
import { decodeBase64 } from './base64.ts'
import { decodeStrkey, encodeStrkey } from './strkey.ts'
import { encodeXdr } from './xdr.ts'
import { armOf, membersOf, textOf } from './xdr-json.ts'

/** An asset of the classic ledger. */
export type Asset = 'native' | { code: string; issuer: string }

const assetForm = /^([A-Za-z0-9]{1,12}):(G[A-Z2-7]{55})$/

/** Reads `native` or `CODE:ISSUER` (SEP-11); undefined when it is neither, or the issuer is no account. */
export function parseAsset(text: string): Asset | undefined {
  if (text === 'native') return 'native'
  const [, code, issuer] = assetForm.exec(text) ?? []
  if (code === undefined || issuer === undefined) return undefined
  return decodeStrkey(issuer)?.kind === 'account' ? { code, issuer } : undefined
}

/** `native` or `CODE:ISSUER`. */
export function printAsset(asset: Asset): string {
  return asset === 'native' ? asset : `${asset.code}:${asset.issuer}`
}

/**
 * The address (`C…`) that the asset's contract has on the network, whether or not anybody has deployed it (CAP-46-6). The
 * events of classic operations carry it too (CAP-67).
 */
export function assetContractId(asset: Asset, networkPassphrase: string): string {
  const preimage = encodeXdr('HashIdPreimage', {
    contract_id: {
      network_id: bytesToHex(sha256(utf8ToBytes(networkPassphrase))),
      contract_id_preimage: { asset: toXdrJson(asset) },
    },
  })
  return encodeStrkey({ kind: 'contract', bytes: sha256(decodeBase64(preimage)) })
}

/** An asset in XDR-JSON as text. */
export function readAsset(json: JsonValue | undefined): string {
  const { name, value } = armOf(json)
  if (name === 'native') return name
  const { asset_code: code, issuer } = membersOf(value)
  return `${textOf(code)}:${textOf(issuer)}`
}

/** What a trustline is for: an asset, or `pool_share` with the pool's address (`L…`). */
export function readTrustedAsset(json: JsonValue | undefined): { asset: string; pool: string | undefined } {
  const { name, value } = armOf(json)
  if (name !== 'pool_share') return { asset: readAsset(json), pool: undefined }
  const parameters = encodeXdr('LiquidityPoolParameters', value ?? null)
  return { asset: name, pool: encodeStrkey({ kind: 'liquidity_pool', bytes: sha256(decodeBase64(parameters)) }) }
}

const SHORT_CODE_LENGTH = 4

function toXdrJson(asset: Asset): JsonValue {
  if (asset === 'native') return asset
  const members = { asset_code: asset.code, issuer: asset.issuer }
  return asset.code.length <= SHORT_CODE_LENGTH ? { credit_alphanum4: members } : { credit_alphanum12: members }
}
