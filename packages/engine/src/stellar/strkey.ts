const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The kinds of address that chain data names, by their first letter (SEP-23), with version byte and content length. */
const forms = {
  account: { letter: 'G', version: 6 << 3, length: 32 },
  muxed_account: { letter: 'M', version: 12 << 3, length: 40 },
  contract: { letter: 'C', version: 2 << 3, length: 32 },
  claimable_balance: { letter: 'B', version: 1 << 3, length: 33 },
  liquidity_pool: { letter: 'L', version: 11 << 3, length: 32 },
} as const

export type StrkeyKind = keyof typeof forms

export type Strkey = { kind: StrkeyKind; bytes: Uint8Array }

const kinds: readonly StrkeyKind[] = ['account', 'muxed_account', 'contract', 'claimable_balance', 'liquidity_pool']
const kindByLetter: ReadonlyMap<string, StrkeyKind> = new Map(kinds.map((kind) => [forms[kind].letter, kind]))
const KEY_LENGTH = 32

/** Whether the text is a Stellar account (`G…`) or contract (`C…`) address with a right checksum. */
export function isStrkey(text: string): boolean {
  const kind = decodeStrkey(text)?.kind
  return kind === 'account' || kind === 'contract'
}

/** Undefined unless the text is an address of a known kind, in upper case, canonical and with a right checksum. */
export function decodeStrkey(text: string): Strkey | undefined {
  const kind = kindByLetter.get(text.charAt(0))
  if (kind === undefined) return undefined
  const { version, length } = forms[kind]
  if (text.length !== Math.ceil(((length + 3) * 8) / 5)) return undefined
  const bytes = decodeBase32(text)
  if (bytes?.[0] !== version || bytes.length !== length + 3) return undefined
  const checksum = checksumOf(bytes.subarray(0, -2))
  if (bytes.at(-2) !== (checksum & 0xff) || bytes.at(-1) !== checksum >> 8) return undefined
  return { kind, bytes: bytes.slice(1, -2) }
}

/** The text of an address; the bytes must have the length of the kind. */
export function encodeStrkey({ kind, bytes }: Strkey): string {
  const { version, length } = forms[kind]
  if (bytes.length !== length)
    throw new RangeError(`The address of a ${kind} has ${length} bytes, not ${bytes.length}.`)
  const body = new Uint8Array(length + 3)
  body[0] = version
  body.set(bytes, 1)
  const checksum = checksumOf(body.subarray(0, -2))
  body[length + 1] = checksum & 0xff
  body[length + 2] = checksum >> 8
  return encodeBase32(body)
}

/** The account of a muxed one (`M…` → `G…`); any other text is returned as it is. */
export function baseAccountOf(address: string): string {
  if (!address.startsWith('M')) return address
  const strkey = decodeStrkey(address)
  if (strkey?.kind !== 'muxed_account') return address
  return encodeStrkey({ kind: 'account', bytes: strkey.bytes.slice(0, KEY_LENGTH) })
}

/** The `C…` text of a contract id in hexadecimal. */
export function contractAddressOf(idHex: string): string {
  return encodeStrkey({ kind: 'contract', bytes: new Uint8Array(Buffer.from(idHex, 'hex')) })
}

/** The contract id in lower-case hexadecimal, undefined unless the text is a contract's address. */
export function contractIdHexOf(address: string): string | undefined {
  const strkey = decodeStrkey(address)
  return strkey?.kind === 'contract' ? Buffer.from(strkey.bytes).toString('hex') : undefined
}

const NO_VALUE = 0xff
const valueByCode = new Uint8Array(128).fill(NO_VALUE)
for (let value = 0; value < ALPHABET.length; value += 1) valueByCode[ALPHABET.charCodeAt(value)] = value

/** Undefined when a character is not of the alphabet or the bits left over are not zero: each value has one text. */
function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let length = 0
  let bits = 0
  let bitCount = 0
  for (let index = 0; index < text.length; index += 1) {
    const value = valueByCode[text.charCodeAt(index)] ?? NO_VALUE
    if (value === NO_VALUE) return undefined
    bits = ((bits << 5) | value) & 0xfff
    bitCount += 5
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[length] = (bits >> bitCount) & 0xff
    length += 1
  }
  return (bits & ((1 << bitCount) - 1)) === 0 ? bytes : undefined
}

function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let bitCount = 0
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff
    bitCount += 8
    while (bitCount >= 5) {
      bitCount -= 5
      text += ALPHABET[(bits >> bitCount) & 0x1f]
    }
  }
  return bitCount === 0 ? text : text + ALPHABET[(bits << (5 - bitCount)) & 0x1f]
}

/** CRC16-XModem. Addresses are read by the hundred thousand when monitors are compiled, so a byte at a time. */
function checksumOf(bytes: Uint8Array): number {
  let checksum = 0
  for (const byte of bytes) checksum = ((checksum << 8) ^ (checksumTable[(checksum >> 8) ^ byte] ?? 0)) & 0xffff
  return checksum
}

const checksumTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let checksum = byte << 8
  for (let bit = 0; bit < 8; bit += 1) checksum = checksum & 0x8000 ? (checksum << 1) ^ 0x1021 : checksum << 1
  return checksum
})
