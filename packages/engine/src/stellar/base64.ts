import { XdrError } from './xdr-error.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** As many characters as the largest XDR a network lets through needs many times over; more is not decoded. */
export const BASE64_LENGTH_MAX = 8 * 1024 * 1024

/**
 * The bytes of strict base64: standard alphabet, padded, no bits left over (spec/05 §16.26). `Buffer` alone takes almost
 * any text, so that two texts would mean the same and a damaged one something.
 *
 * @throws XdrError when the text is not base64 or is too long.
 */
export function decodeBase64(text: string): Uint8Array {
  checkBase64(text)
  return Buffer.from(text, 'base64')
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** @throws XdrError as {@link decodeBase64}. */
export function checkBase64(text: string): void {
  if (text.length > BASE64_LENGTH_MAX) throw new XdrError(`has more than ${BASE64_LENGTH_MAX} characters`)
  if (text.length % 4 !== 0 || !base64.test(text)) throw new XdrError('is not base64')
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='))
  if (padding === 0) return
  const leftOver = ALPHABET.indexOf(text.charAt(text.length - 1 - padding)) & (padding === 2 ? 0x0f : 0x03)
  if (leftOver !== 0) throw new XdrError('is not canonical base64')
}
