import { createTextForms, type ScalarNode, VALUE_DEPTH_MAX, type ValueNode } from './value-node.ts'

/**
 * A value as the decoder knows it. `text` is the text of the value outside of any array or tuple: a raw string, `0x…`,
 * decimal digits, `true` or `false`.
 */
export type StructuredValue =
  | { readonly kind: string; readonly text: string }
  | { readonly kind: string; readonly elements: readonly StructuredValue[] }
  | { readonly kind: 'tuple'; readonly members: readonly { readonly name: string; readonly value: StructuredValue }[] }

/** Null for a scalar, whose text says all, and for what is nested deeper than {@link VALUE_DEPTH_MAX}. */
export function readStructure(value: StructuredValue): ValueNode | null {
  return 'text' in value ? null : readNode(value, 0)
}

/** The text that OZ Monitor has for it: strings are quoted but not escaped (spec/03 §6.7). */
export function printStructure(node: ValueNode): string {
  switch (node.type) {
    case 'string':
      return `"${node.forms.text}"`
    case 'number':
    case 'boolean':
    case 'null':
      return node.forms.text
    case 'array':
      return `[${node.elements.map(printStructure).join(',')}]`
    case 'tuple':
      return `(${node.elements.map(printStructure).join(',')})`
    case 'object':
      return ''
  }
}

function readNode(value: StructuredValue, depth: number): ValueNode | null {
  if ('text' in value) {
    return { type: scalarType(value.kind.toLowerCase()), kind: value.kind, forms: createTextForms(value.text) }
  }
  if (depth >= VALUE_DEPTH_MAX) return null
  const elements: ValueNode[] = []
  for (const child of 'elements' in value ? value.elements : value.members.map((member) => member.value)) {
    const element = readNode(child, depth + 1)
    if (!element) return null
    elements.push(element)
  }
  if ('elements' in value) return { type: 'array', kind: value.kind, elements }
  return { type: 'tuple', names: value.members.map((member) => member.name), elements }
}

function scalarType(kind: string): ScalarNode['type'] {
  if (kind === 'bool') return 'boolean'
  return /^(?:u?int[0-9]*|number)$/.test(kind) ? 'number' : 'string'
}
