import { type Shape, textOf, type Value } from '../abi-sample.ts'
import { chance, type Draw, pick } from './draw.ts'

/** Literals for a value, in the many spellings that mean the same; most make an equality true. */
export function drawLiteral(draw: Draw, type: Shape, value: Value): string {
  switch (type.kind) {
    case 'uint':
    case 'int':
      return integerLiteral(draw, BigInt(String(value)) + pick(draw, [0n, 0n, 0n, 1n, -1n]))
    case 'bool':
      return pick(draw, ['true', 'false', 'TRUE', 'False', String(value)])
    case 'address':
      return addressLiteral(draw, textOf(type, value))
    case 'bytesN':
      return textLiteral(draw, pick(draw, [`0x${String(value)}`, textOf(type, value)]))
    case 'array':
    case 'fixed':
      return quote(draw, cased(draw, jsonOf(draw, type, value)))
    case 'tuple':
      return quote(draw, pick(draw, ['', ' ']) + textOf(type, value).replace(/^\(/, pick(draw, ['(', '( ', '(\t'])))
    case 'function':
    case 'bytes':
    case 'string':
      return textLiteral(draw, textOf(type, value))
  }
}

/** A literal that `contains` finds in an array or a tuple, or hardly. */
export function drawContent(draw: Draw, type: Shape, value: Value): string {
  const leaves = leavesOf(type, value)
  if (leaves.length === 0 || chance(draw, 20)) return pick(draw, ['nothing', '4711', "''", '0x00', 'null'])
  const content = pick(draw, leaves)
  if (content.type.kind === 'bool') return quote(draw, cased(draw, String(content.value)))
  if (content.type.kind !== 'uint' && content.type.kind !== 'int') return drawLiteral(draw, content.type, content.value)
  const text = String(content.value)
  return pick(draw, [
    text,
    `${text}.0`,
    `'${text}'`,
    text.startsWith('-') ? text : `0${text}`,
    integerLiteral(draw, 7n),
  ])
}

export function drawPart(draw: Draw, text: string, operator: string): string {
  const [start, end] = [pick(draw, [0, 0, 1, 2]), pick(draw, [text.length, text.length, 6, 3])]
  if (operator === 'starts_with') return textLiteral(draw, text.slice(0, end))
  return textLiteral(draw, operator === 'ends_with' ? text.slice(start) : text.slice(start, end))
}

export function textLiteral(draw: Draw, text: string): string {
  const isBare = /^0x[0-9a-fA-F]+$/.test(text) && chance(draw, 60)
  return isBare ? cased(draw, text).replace(/^0X/, pick(draw, ['0x', '0X'])) : quote(draw, cased(draw, text))
}

function integerLiteral(draw: Draw, value: bigint): string {
  const text = value.toString()
  if (value < 0n) {
    const pattern = (value + 2n ** 256n).toString(16).padStart(64, '0')
    return pick(draw, [text, `-0x${(-value).toString(16)}`, `0x${pattern}`, `'${text}'`])
  }
  const hex = value.toString(16)
  return pick(draw, [
    text,
    `0x${hex}`,
    `0X00${hex.toUpperCase()}`,
    `00${text}`,
    `' ${text} '`,
    `${text}_`,
    `"0x${hex}"`,
  ])
}

function addressLiteral(draw: Draw, address: string): string {
  const digits = address.slice(2)
  return pick(draw, [
    address,
    `0x${digits.toUpperCase()}`,
    `0X${digits}`,
    `'${digits}'`,
    quote(draw, `0x${cased(draw, digits)}`),
    `'0x${digits.slice(0, 7)} ${digits.slice(7)}'`,
  ])
}

function quote(draw: Draw, text: string): string {
  const mark = pick(draw, ["'", '"'])
  return `${mark}${text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`)}${mark}`
}

function cased(draw: Draw, text: string): string {
  return pick(draw, [text, text, text.toUpperCase(), text.toLowerCase()])
}

function leavesOf(type: Shape, value: Value): { type: Shape; value: Value }[] {
  if (!Array.isArray(value)) return [{ type, value }]
  return value.flatMap((part, index) => leavesOf(partOf(type, index), part))
}

/** The type of a part of an array or a tuple. */
export function partOf(type: Shape, index: number): Shape {
  if (type.kind === 'array' || type.kind === 'fixed') return type.of
  const part = type.kind === 'tuple' ? type.of[index] : undefined
  if (part === undefined) throw new Error(`${type.kind} has no part ${index}`)
  return part
}

function jsonOf(draw: Draw, type: Shape, value: Value): string {
  if (!Array.isArray(value)) {
    const isBare = type.kind === 'uint' || type.kind === 'int' || type.kind === 'bool'
    return isBare ? String(value) : JSON.stringify(textOf(type, value))
  }
  const parts = value.map((part, index) => jsonOf(draw, partOf(type, index), part))
  const comma = pick(draw, [',', ' , '])
  if (type.kind === 'tuple' && chance(draw, 30)) {
    return `{${parts.map((part, index) => `"m${index}":${part}`).join(comma)}}`
  }
  return `[${parts.join(comma)}]`
}
