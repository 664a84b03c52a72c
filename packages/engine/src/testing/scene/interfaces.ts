import type { EvmAbi } from '../../config/evm-abi.ts'
import { keccak256 } from '../../evm/keccak.ts'
import { encodeSequence, isDynamic, type Parameter, parameterOf, type Shape, type Value } from '../abi-sample.ts'
import { naiveSignature, naiveTopic } from '../naive/abi.ts'
import { chance, type Draw, drawHex, pick, repeat } from './draw.ts'

export type SceneInput = { name: string; shape: Shape; indexed: boolean; parameter: Parameter }

/** A function or an event, with the values that calls and logs mostly have and expressions mostly name. */
export type SceneItem = {
  type: 'function' | 'event'
  name: string
  anonymous: boolean
  inputs: SceneInput[]
  values: Value[][]
}

const inputNames = ['a', 'b', 'value', 'to']
const oddNames = ['a', 'A', '', '$x', 'and']
const unknownTypes = ['fixed128x18', 'Vault.Position', 'uint7']

const widths = Array.from({ length: 32 }, (_, index) => index + 1)

function drawShape(draw: Draw, depth: number): Shape {
  const kind = pick(draw, depth > 0 ? (['array', 'fixed', 'tuple', 'leaf'] as const) : (['leaf'] as const))
  if (kind === 'tuple') return { kind, of: repeat(draw, [1, 3], () => drawShape(draw, depth - 1)) }
  if (kind !== 'leaf') return { kind, of: drawShape(draw, depth - 1), length: 1 + draw(2) }
  const leaf = pick(draw, ['uint', 'int', 'bytesN', 'address', 'bool', 'string', 'bytes', 'function'] as const)
  if (leaf === 'uint' || leaf === 'int') return { kind: leaf, bits: 8 * pick(draw, [1, 3, 32, 32, ...widths]) }
  return leaf === 'bytesN' ? { kind: leaf, size: pick(draw, [4, 32, 20, ...widths]) } : { kind: leaf }
}

/** Few names, so that there are overloads. */
export function drawItem(draw: Draw, type: SceneItem['type']): SceneItem {
  const inputs = repeat(draw, [chance(draw, 10) ? 0 : 1, 4], (index): SceneInput => {
    const input = { name: drawName(draw, index), shape: drawShape(draw, chance(draw, 35) ? 3 : 0) }
    const parameter = parameterOf(input.shape, input.name)
    const isUnknown = chance(draw, 2)
    return {
      ...input,
      indexed: type === 'event' && chance(draw, 40),
      parameter: isUnknown ? { name: input.name, type: pick(draw, unknownTypes) } : parameter,
    }
  })
  const values = Array.from({ length: 2 }, () => inputs.map((input) => drawValue(draw, input.shape)))
  return { type, name: pick(draw, ['transfer', 'Ping', 'f']), anonymous: chance(draw, 6), inputs, values }
}

/** The same signature, but other names and other indexed inputs: only the first in an ABI counts. */
export function drawTwin(draw: Draw, item: SceneItem): SceneItem {
  const inputs = item.inputs.map((input, index) => {
    const name = drawName(draw, index + 1)
    const indexed = item.type === 'event' && chance(draw, 50)
    return { ...input, name, indexed, parameter: { ...input.parameter, name } }
  })
  return { ...item, inputs, anonymous: chance(draw, 20) }
}

function drawName(draw: Draw, index: number): string {
  return chance(draw, 10) ? pick(draw, oddNames) : (inputNames[index % inputNames.length] ?? '')
}

export function abiOf(items: readonly SceneItem[]): EvmAbi {
  return items.map(({ type, name, anonymous, inputs }) =>
    type === 'event'
      ? { type, name, anonymous, inputs: inputs.map(({ parameter, indexed }) => ({ ...parameter, indexed })) }
      : { type, name, inputs: inputs.map(({ parameter }) => parameter), outputs: [] },
  )
}

export function signatureOf({ name, inputs }: SceneItem): string {
  return naiveSignature(
    name,
    inputs.map(({ parameter }) => parameter),
  )
}

/** One of the known values, the first more often: what is waited for then happens more often. */
export function drawValues(draw: Draw, { values }: SceneItem): Value[] {
  return (chance(draw, 30) ? values[1] : values[0]) ?? []
}

/** The selector and the arguments, as `0x` hexadecimal. */
export function callOf(item: SceneItem, values: readonly Value[]): string {
  return `${topicOf(item).slice(0, 10)}${encodeInputs(item.inputs, values)}`
}

export function logOf(item: SceneItem, values: readonly Value[]): { topics: string[]; data: string } {
  const indexed = item.inputs.flatMap((input, index) => {
    if (!input.indexed) return []
    return [isWord(input.shape) ? `0x${encodeSequence([input.shape], [values[index] ?? ''])}` : hashedTopic]
  })
  const places = item.inputs.flatMap((input, index) => (input.indexed ? [] : [index]))
  const inputs = item.inputs.filter((input) => !input.indexed)
  const data = encodeInputs(
    inputs,
    places.map((index) => values[index] ?? ''),
  )
  return { topics: [topicOf(item), ...indexed], data: `0x${data}` }
}

/** What stands for any value that does not fit a topic. */
export const hashedTopic = keccak256('a value that does not fit')

export function isWord(type: Shape): boolean {
  return !isDynamic(type) && type.kind !== 'tuple' && type.kind !== 'fixed'
}

function topicOf({ name, inputs }: SceneItem): string {
  return naiveTopic(
    name,
    inputs.map(({ parameter }) => parameter),
  )
}

function encodeInputs(inputs: readonly SceneInput[], values: readonly Value[]): string {
  return encodeSequence(
    inputs.map((input) => input.shape),
    [...values],
  )
}

const texts = ['bob', 'Alice', 'say "hi"', "it's", 'a\\b', '', 'ÄÖ', '0x00000000000000000000000000000000000000aA', '12']

const characters = [
  'a',
  'B',
  '1',
  ' ',
  '\t',
  '\n',
  '"',
  "'",
  '\\',
  ',',
  '(',
  ')',
  '[',
  '{',
  'İ',
  'ß',
  '😀',
  '\u0000',
  '\u0085',
  '\uFEFF',
]

function drawValue(draw: Draw, type: Shape): Value {
  const isCommon = chance(draw, 70)
  switch (type.kind) {
    case 'uint':
      return isCommon
        ? pick(draw, [0n, 1n, 100n, 2n ** BigInt(type.bits) - 1n])
        : drawWord(draw) >> BigInt(256 - type.bits)
    case 'int': {
      const least = -(2n ** BigInt(type.bits - 1))
      return isCommon ? pick(draw, [0n, 1n, -1n, 100n, least]) : least + (drawWord(draw) >> BigInt(256 - type.bits))
    }
    case 'bool':
      return chance(draw, 50)
    case 'address':
      return isCommon ? pick(draw, sceneAddresses).slice(2) : drawHex(draw, 20)
    case 'function':
      return drawHex(draw, 24)
    case 'bytesN':
      return drawHex(draw, type.size)
    case 'bytes':
      return drawBytes(draw, 70).slice(2)
    case 'string':
      return isCommon ? pick(draw, texts) : repeat(draw, [0, 12], () => pick(draw, characters)).join('')
    case 'array':
      return repeat(draw, [0, 3], () => drawValue(draw, type.of))
    case 'fixed':
      return Array.from({ length: type.length }, () => drawValue(draw, type.of))
    case 'tuple':
      return type.of.map((member) => drawValue(draw, member))
  }
}

function drawWord(draw: Draw): bigint {
  return BigInt(`0x${drawHex(draw, 32)}`)
}

/** Those that monitors watch, in the form of chain data; with letters, so that their case can vary. */
export const sceneAddresses = ['a', 'b', 'c'].map((name) => `0x${keccak256(name).slice(-40)}`)

/** Random bytes where something well formed is expected. */
export function drawBytes(draw: Draw, maxLength: number): string {
  return `0x${drawHex(draw, draw(maxLength))}`
}
