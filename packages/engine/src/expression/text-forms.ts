import { canonicalDecimal } from './decimal-text.ts'
import {
  parseDecimalInteger,
  parseDecimalOrHexadecimal,
  parseEither,
  parseSigned,
  parseUnsigned,
} from './integer-text.ts'
import { parseJsonValue } from './json-value.ts'
import { parseTupleText } from './tuple-text.ts'
import type { ArrayNode, TextForms, ValueNode } from './value-node.ts'
import { removeWhitespace } from './whitespace.ts'

export function lowerOf(forms: TextForms): string {
  return (forms.lower ??= forms.text.toLowerCase())
}

/** Lower case without whitespace: how Stellar addresses compare. */
export function compactOf(forms: TextForms): string {
  return (forms.compact ??= removeWhitespace(forms.text).toLowerCase())
}

/** Without whitespace and in lower case; `0x` is put where it is missing (spec/03 §6.4, §11.14). */
export function addressOf(forms: TextForms): string {
  return (forms.address ??= normaliseAddress(forms.text))
}

/** As OZ Monitor has it, where `0X` stays. Not kept: the two forms of one text must not be mixed up. */
export function ozAddressOf(forms: TextForms): string {
  return removeWhitespace(forms.text.replace(/^0x/, '')).toLowerCase()
}

export function unsignedOf(forms: TextForms): bigint | null {
  return forms.unsigned === undefined ? (forms.unsigned = parseUnsigned(forms.text)) : forms.unsigned
}

export function signedOf(forms: TextForms): bigint | null {
  return forms.signed === undefined ? (forms.signed = parseSigned(forms.text)) : forms.signed
}

export function eitherOf(forms: TextForms): bigint | null {
  return forms.either === undefined ? (forms.either = parseEither(forms.text)) : forms.either
}

/** An integer as Stellar prints it, or hexadecimal (spec/03 §11.12). */
export function nativeOf(forms: TextForms): bigint | null {
  return forms.native === undefined ? (forms.native = parseDecimalOrHexadecimal(forms.text)) : forms.native
}

/** Decimal digits only. Not kept, for the reason {@link ozAddressOf} is not. */
export function ozNativeOf(forms: TextForms): bigint | null {
  return parseDecimalInteger(forms.text)
}

export function decimalOf(forms: TextForms): string | null {
  return forms.decimal === undefined ? (forms.decimal = canonicalDecimal(forms.text)) : forms.decimal
}

export function jsonOf(forms: TextForms): ValueNode | null {
  return forms.json === undefined ? (forms.json = parseJsonValue(forms.text)) : forms.json
}

/** The JSON of the text in lower case, which array equality compares (spec/03 §6.5). */
export function lowerJsonOf(forms: TextForms): ValueNode | null {
  return forms.lowerJson === undefined ? (forms.lowerJson = parseJsonValue(lowerOf(forms))) : forms.lowerJson
}

/** The elements of the text of a tuple (spec/03 §6.7). */
export function tupleOf(forms: TextForms): ArrayNode | null {
  return forms.tuple === undefined ? (forms.tuple = parseTupleText(forms.text)) : forms.tuple
}

function normaliseAddress(text: string): string {
  const lower = removeWhitespace(text).toLowerCase()
  return /^0[xX]/.test(text) ? lower : `0x${lower}`
}
