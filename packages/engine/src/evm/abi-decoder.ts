import type { AbiType, AbiWordKind } from './abi-type.ts'
import type { StructuredValue } from '../expression/structured-value.ts'

/**
 * Decodes one argument sequence (spec/04 §6.2). Lenient where OZ Monitor is: dirty high bytes, wide integers and trailing
 * bytes are accepted. Throws AbiDecodeError and nothing else. Work is bounded by the size of the data, whatever its offsets
 * say.
 */
export function decodeArguments(types: readonly AbiType[], data: string): StructuredValue[] {
  const source = { hex: data.slice(2), size: (data.length - 2) / 2 }
  const work = { wordsLeft: WORDS_MIN + 2 * Math.ceil(source.size / 32) }
  const region = { source, work, base: 0, position: 0, depth: 0 }
  return types.map((type) => decode(type, region))
}

/** Decodes the one word that a topic is; for the types of `isWord` only. */
export function decodeTopic(type: AbiType, topic: string): StructuredValue {
  return decodeArguments([type], topic)[0] ?? { kind: type.name, text: '' }
}

const DEPTH_MAX = 16

/**
 * An honest encoder never lets offsets overlap, so a value has at most as many words as the data. Hostile offsets can make a
 * small log describe billions of elements; OZ Monitor decodes them all. The bound leaves ample room for both.
 */
const WORDS_MIN = 65_536

/** A stretch of the data that offsets are relative to, and the place in it that is read next. All in bytes. */
type Region = {
  source: { hex: string; size: number }
  work: { wordsLeft: number }
  base: number
  position: number
  depth: number
}

function decode(type: AbiType, region: Region): StructuredValue {
  spend(region, 1)
  switch (type.kind) {
    case 'array':
      return { kind: type.name, elements: decodeArray(type.element, region) }
    case 'fixedArray': {
      const elements = type.isDynamic ? enter(region, takeSize(region)) : region
      return { kind: type.name, elements: decodeElements(type.element, { length: type.length, region: elements }) }
    }
    case 'tuple': {
      const content = type.isDynamic ? enter(region, takeSize(region)) : region
      const members = type.members.map((member) => ({ name: member.name, value: decode(member.type, content) }))
      return { kind: 'tuple', members }
    }
    case 'address':
    case 'bool':
    case 'uint':
    case 'int':
    case 'fixedBytes':
    case 'function':
    case 'bytes':
    case 'string':
      return { kind: type.name, text: decodeScalar(type.kind, region) }
  }
}

function decodeScalar(kind: AbiWordKind | 'bytes' | 'string', region: Region): string {
  switch (kind) {
    case 'address':
      return `0x${takeWord(region).slice(24)}`
    case 'bool':
      return /^0+$/.test(takeWord(region)) ? 'false' : 'true'
    case 'uint':
      return BigInt(`0x${takeWord(region)}`).toString()
    case 'int':
      return BigInt.asIntN(256, BigInt(`0x${takeWord(region)}`)).toString()
    // The full word whatever the width, as OZ Monitor prints it (Q6): a match object must equal its.
    case 'fixedBytes':
      return `0x${takeWord(region)}`
    case 'function':
      return `0x${takeWord(region).slice(0, 48)}`
    case 'bytes':
      return `0x${takeBytes(region)}`
    case 'string':
      return fromUtf8(takeBytes(region))
  }
}

function decodeArray(element: AbiType, region: Region): StructuredValue[] {
  const array = enter(region, takeSize(region))
  const length = takeSize(array)
  if (length === 0) return []
  const elements = enter(array, array.position)
  if (length * element.headWords * 32 > elements.source.size - elements.base) {
    throw new AbiDecodeError('An array is longer than the data.')
  }
  return decodeElements(element, { length, region: elements })
}

function decodeElements(element: AbiType, { length, region }: { length: number; region: Region }): StructuredValue[] {
  const elements: StructuredValue[] = []
  for (let index = 0; index < length; index += 1) elements.push(decode(element, region))
  return elements
}

function enter(region: Region, offset: number): Region {
  const base = region.base + offset
  if (region.depth >= DEPTH_MAX) throw new AbiDecodeError(`The data is nested deeper than ${DEPTH_MAX} levels.`)
  if (base > region.source.size) throw new AbiDecodeError('An offset points outside the data.')
  return { ...region, base, position: 0, depth: region.depth + 1 }
}

function takeWord(region: Region): string {
  return take(region, 32)
}

function takeSize(region: Region): number {
  const word = takeWord(region)
  if (!word.startsWith('0'.repeat(48))) throw new AbiDecodeError('An offset or length does not fit 64 bits.')
  return Number.parseInt(word.slice(48), 16)
}

function takeBytes(region: Region): string {
  const content = enter(region, takeSize(region))
  const length = takeSize(content)
  spend(region, Math.ceil(length / 32))
  return take(content, length)
}

function take(region: Region, length: number): string {
  const start = region.base + region.position
  if (start + length > region.source.size) throw new AbiDecodeError('The data ends too early.')
  region.position += length
  return region.source.hex.slice(2 * start, 2 * (start + length))
}

function spend({ work }: Region, words: number): void {
  work.wordsLeft -= words
  if (work.wordsLeft < 0) throw new AbiDecodeError('The data describes far more values than it contains.')
}

function fromUtf8(hex: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(hex, 'hex'))
}

/** The data is not an encoding of the types. */
export class AbiDecodeError extends Error {
  override readonly name = 'AbiDecodeError'
}
