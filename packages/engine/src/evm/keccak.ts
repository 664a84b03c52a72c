import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** Keccak-256 of the UTF-8 bytes of `text`, as `0x` and 64 lower-case hexadecimal digits. */
export function keccak256(text: string): string {
  return `0x${bytesToHex(keccak_256(utf8ToBytes(text)))}`
}
