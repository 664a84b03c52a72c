import { fixedBytesSize, significantBytes } from './fixed-bytes.ts'
import { decimalOf, lowerOf } from './text-forms.ts'
import type { ScalarNode, TextForms, ValueNode } from './value-node.ts'

/** Whether the value or anything inside it matches the literal (spec/03 §6.6). Keys and member names are not searched. */
export function matchesDeep(node: ValueNode, literal: TextForms, addressOf: (forms: TextForms) => string): boolean {
  switch (node.type) {
    case 'array':
    case 'tuple':
      return node.elements.some((element) => matchesDeep(element, literal, addressOf))
    case 'object':
      return [...node.members.values()].some((member) => matchesDeep(member, literal, addressOf))
    case 'string':
      return matchesText(node, literal, addressOf)
    case 'number':
      return matchesNumber(node.forms, literal)
    case 'boolean':
      return lowerOf(literal) === node.forms.text
    case 'null':
      return literal.text === 'null'
  }
}

/** Text of this form is an address wherever its kind is not known (spec/03 §5). */
export function isAddressText(text: string): boolean {
  return text.length === 42 && /^0[xX][0-9a-fA-F]{40}$/.test(text)
}

/**
 * Structural equality with JSON that is in lower case (spec/03 §6.5). With `foldsCase` the left side is not: it is what
 * the decoder knows, where a tuple equals the list of its members or the object of its named ones.
 */
export function isSameValue(left: ValueNode, right: ValueNode, { foldsCase }: { foldsCase: boolean }): boolean {
  if (left.type === 'tuple' && right.type === 'object') {
    return (
      left.elements.length === right.members.size &&
      left.elements.every((element, index) => {
        const member = right.members.get((left.names[index] ?? '').toLowerCase())
        return member !== undefined && isSameValue(element, member, { foldsCase })
      })
    )
  }
  if ('elements' in left) {
    return (
      'elements' in right &&
      left.elements.length === right.elements.length &&
      left.elements.every((element, index) => {
        const other = right.elements[index]
        return other !== undefined && isSameValue(element, other, { foldsCase })
      })
    )
  }
  if (left.type === 'object') {
    if (right.type !== 'object' || left.members.size !== right.members.size) return false
    return [...left.members].every(([key, member]) => {
      const other = right.members.get(key)
      return other !== undefined && isSameValue(member, other, { foldsCase })
    })
  }
  if (!('forms' in right) || left.type !== right.type) return false
  return foldsCase ? isSameText(left, right.forms.text) : left.forms.text === right.forms.text
}

function matchesText(node: ScalarNode, literal: TextForms, addressOf: (forms: TextForms) => string): boolean {
  if (isAddressText(node.forms.text)) return addressOf(node.forms) === addressOf(literal)
  return isSameText(node, lowerOf(literal))
}

/** The kinds `bytes1` … `bytes31` equal their N bytes as well as the whole word. */
function isSameText({ kind, forms }: ScalarNode, lower: string): boolean {
  const text = lowerOf(forms)
  if (text === lower) return true
  const size = kind === undefined ? undefined : fixedBytesSize(kind)
  return size !== undefined && significantBytes(text, size) === lower
}

function matchesNumber(number: TextForms, literal: TextForms): boolean {
  const left = decimalOf(number)
  const right = decimalOf(literal)
  return left === null || right === null ? number.text === literal.text : left === right
}
