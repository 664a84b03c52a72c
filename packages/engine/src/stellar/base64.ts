import { ChainDataError } from '../evm/chain-data-error.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const values = new Map(Array.from(alphabet, (character, value) => [character.charCodeAt(0), value]))

/**
 * The bytes of standard base64 with padding, and of nothing else: no white space, no missing padding, no stray bits in
 * the last character (spec/05 §16.26). Runtimes' own decoders let those through.
 */
export function readBase64(text: string, pointer: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4))
  let bits = 0
  let bitCount = 0
  let length = 0
  for (let index = 0; index < digits; index += 1) {
    const value = values.get(text.charCodeAt(index))
    if (value === undefined) throw new ChainDataError(pointer, 'must be base64')
    bits = ((bits << 6) | value) & 0xffff
    bitCount += 6
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[length] = (bits >> bitCount) & 0xff
    length += 1
  }
  const isWhole = text.length % 4 === 0 && (bits & ((1 << bitCount) - 1)) === 0
  if (!isWhole) throw new ChainDataError(pointer, 'must be base64')
  return bytes
}
