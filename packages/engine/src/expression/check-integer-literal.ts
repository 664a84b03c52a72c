import type { LiteralSubject } from './check-literal.ts'
import type { ExpressionLiteral } from './expression.ts'
import { echo, type Remark } from './expression-finding.ts'
import { parseDecimalOrHexadecimal, parseEither, parseSigned, parseUnsigned, SIGNED_MIN } from './integer-text.ts'
import { type IntegerRange, isWithin, stellarRanges } from './stellar-integers.ts'
import { stellarKindOf } from './stellar-kinds.ts'

/** What the evaluation cannot read as an integer of the kind, or reads as something else than it looks. */
export function checkIntegerLiteral(literal: ExpressionLiteral, subject: LiteralSubject): Remark | undefined {
  if (literal.kind === 'boolean') return { message: 'An integer is not compared with a boolean.' }
  const { text } = literal
  const range = rangeOf(subject)
  const value = read(text, subject)
  if (value === null) return explain(text, subject)
  if (!isWithin(value, range))
    return { message: `${echo(subject.kind)} has no such value: ${echo(text)} is out of range.` }
  // Accidents of the original's integer library, kept so that what matched goes on matching (spec/03 §11.5).
  if (/^\s*[+-]?0[bo]/i.test(text) || !/[0-9]/.test(text)) {
    return { message: `${echo(text)} is read as ${echo(value.toString())}.`, hint: 'Write the number in decimal.' }
  }
  return undefined
}

function read(text: string, { family, isMember }: LiteralSubject): bigint | null {
  if (family === 'integer') return parseDecimalOrHexadecimal(text)
  if (family === 'signed') return parseSigned(text)
  return isMember ? parseEither(text) : parseUnsigned(text)
}

/** A member of a list or tuple, and any Stellar integer, may be compared with what is below its range. */
function rangeOf({ family, kind, isMember }: LiteralSubject): IntegerRange {
  const declared = family === 'integer' ? stellarRanges.get(stellarKindOf(kind)) : evmRangeOf(kind)
  const { min, max } = declared ?? { min: SIGNED_MIN, max: 2n ** 256n - 1n }
  const isOpenBelow = min === 0n && (family === 'integer' || isMember)
  return { min: isOpenBelow ? SIGNED_MIN : min, max }
}

function evmRangeOf(kind: string): IntegerRange | undefined {
  const [, unsigned, width] = /^(u?)int([0-9]{1,3})$/i.exec(kind) ?? []
  if (width === undefined) return undefined
  const bits = BigInt(width)
  return unsigned === ''
    ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }
    : { min: 0n, max: 2n ** bits - 1n }
}

function explain(text: string, { family }: LiteralSubject): Remark {
  if (/^\s*[+-]?[0-9]+\.[0-9]+\s*$/.test(text)) {
    return {
      message: 'An integer is not compared with a fraction.',
      hint: 'Write a whole number in the smallest unit.',
    }
  }
  if (/^[0-9]+[eE][0-9]+$/.test(text)) {
    return {
      message: 'Numbers have no exponent here.',
      hint: 'Write out the zeros; _ may separate digits on EVM chains.',
    }
  }
  if (family === 'unsigned' && /^\s*[+-]/.test(text)) {
    return { message: 'An unsigned integer is compared with a number without a sign.', hint: 'It is never below zero.' }
  }
  if (/^\s*[+-]?(?:[0-9]+|0[xX][0-9a-fA-F]+)\s*$/.test(text)) {
    return { message: `${echo(text)} has more than 256 bits.` }
  }
  if (family === 'integer' && /^(?:0[bo]|[0-9_]+$)/i.test(text)) {
    return {
      message: `${echo(text)} is not an integer here.`,
      hint: 'Write decimal digits, or 0x and hexadecimal ones.',
    }
  }
  return {
    message: `${echo(text === '' ? 'Empty text' : text)} is not an integer.`,
    hint: 'The right side is a value; two parameters cannot be compared.',
  }
}
