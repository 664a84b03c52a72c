const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ACCOUNT_VERSION = 6 << 3
const CONTRACT_VERSION = 2 << 3
const LENGTH = 56

/** Whether the text is a Stellar account (`G…`) or contract (`C…`) address with a right checksum. */
export function isStrkey(text: string): boolean {
  if (text.length !== LENGTH || !/^[GC][A-Z2-7]*$/.test(text)) return false
  const bytes = decodeBase32(text)
  const version = bytes[0]
  if (version !== ACCOUNT_VERSION && version !== CONTRACT_VERSION) return false
  const checksum = checksumOf(bytes.slice(0, -2))
  return bytes.at(-2) === (checksum & 0xff) && bytes.at(-1) === checksum >> 8
}

/** 56 characters are 35 bytes with no bits left over. */
function decodeBase32(text: string): number[] {
  const bytes: number[] = []
  let bits = 0
  let bitCount = 0
  for (const character of text) {
    bits = ((bits << 5) | ALPHABET.indexOf(character)) & 0xfff
    bitCount += 5
    if (bitCount < 8) continue
    bitCount -= 8
    bytes.push((bits >> bitCount) & 0xff)
  }
  return bytes
}

/** CRC16-XModem. */
function checksumOf(bytes: readonly number[]): number {
  let checksum = 0
  for (const byte of bytes) {
    checksum ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      checksum = (checksum & 0x8000 ? (checksum << 1) ^ 0x1021 : checksum << 1) & 0xffff
    }
  }
  return checksum
}
