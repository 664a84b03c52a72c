import type { StructuredValue } from '../expression/structured-value.ts'

/** The text of a whole argument in the match object (spec/04 §6.3). */
export function formatValue(value: StructuredValue): string {
  if ('text' in value) return value.text
  if ('elements' in value) return `[${value.elements.map(nested).join(',')}]`
  return `(${value.members.map((member) => nested(member.value)).join(',')})`
}

/** Quotes inside strings are not escaped, as in OZ Monitor (Q7): a match object must equal its. */
function nested(value: StructuredValue): string {
  const text = formatValue(value)
  const isBare = !('text' in value) || value.kind === 'bool' || /^u?int/.test(value.kind)
  return isBare ? text : `"${text}"`
}
