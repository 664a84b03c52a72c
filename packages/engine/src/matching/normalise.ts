const whitespace = /\p{White_Space}+/gu

/**
 * Addresses are compared as text after this (spec/04 §4.1). Only a leading lower-case `0x` is removed, and before the
 * whitespace is: an address written with `0X` therefore never matches.
 */
export function normaliseAddress(address: string): string {
  return address.replace(/^0x/, '').replace(whitespace, '').toLowerCase()
}

/** Signatures are compared as text after this; no aliases are expanded (spec/04 §4.1). */
export function normaliseSignature(signature: string): string {
  return signature.replace(whitespace, '').toLowerCase()
}
