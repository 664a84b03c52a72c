/**
 * A value inside a parameter: read from JSON, from the text of a tuple, or from what the decoder knows. `kind` is the
 * declared kind, undefined where the text is all there is.
 */
export type ValueNode = ScalarNode | ArrayNode | ObjectNode | TupleNode

export type ScalarNode = {
  readonly type: 'string' | 'number' | 'boolean' | 'null'
  readonly kind: string | undefined
  readonly forms: TextForms
}

export type ArrayNode = { readonly type: 'array'; readonly kind: string | undefined; readonly elements: ValueNode[] }

export type ObjectNode = { readonly type: 'object'; readonly members: Map<string, ValueNode> }

/** Only from the decoder; the text of a tuple that is searched becomes an array. */
export type TupleNode = { readonly type: 'tuple'; readonly names: readonly string[]; readonly elements: ValueNode[] }

/**
 * A text and what comparisons make of it, each made once: one log is compared by very many expressions, and one literal
 * with very many logs. A form is undefined until it is asked for and null when the text has none.
 */
export type TextForms = {
  readonly text: string
  lower: string | undefined
  compact: string | undefined
  address: string | undefined
  unsigned: bigint | null | undefined
  signed: bigint | null | undefined
  either: bigint | null | undefined
  native: bigint | null | undefined
  decimal: string | null | undefined
  json: ValueNode | null | undefined
  lowerJson: ValueNode | null | undefined
  tuple: ArrayNode | null | undefined
}

export function createTextForms(text: string): TextForms {
  return {
    text,
    lower: undefined,
    compact: undefined,
    address: undefined,
    unsigned: undefined,
    signed: undefined,
    either: undefined,
    native: undefined,
    decimal: undefined,
    json: undefined,
    lowerJson: undefined,
    tuple: undefined,
  }
}

/** Values nested deeper have no structure: everything that walks them is recursive. The JSON library's own limit. */
export const VALUE_DEPTH_MAX = 127
