/** A parsed filter expression (spec/03 §3). Offsets are UTF-16 units of the source, `end` is exclusive. */
export type Expression = LogicalExpression | ComparisonExpression

/** Two or more operands, evaluated from the left. A chain without parentheses is one node however long it is. */
export type LogicalExpression = {
  readonly kind: 'and' | 'or'
  readonly operands: readonly Expression[]
  readonly start: number
  readonly end: number
}

export type ComparisonExpression = {
  readonly kind: 'comparison'
  readonly path: ExpressionPath
  readonly operator: ComparisonOperator
  readonly literal: ExpressionLiteral
  readonly start: number
  readonly end: number
}

export type ComparisonOperator = '==' | '!=' | '>' | '>=' | '<' | '<=' | 'contains' | 'starts_with' | 'ends_with'

export type ExpressionPath = {
  readonly base: string
  readonly accessors: readonly Accessor[]
  readonly start: number
  readonly end: number
}

/** An index beyond the safe integers is a bigint; no array is that long. */
export type Accessor =
  | { readonly kind: 'index'; readonly index: number | bigint }
  | { readonly kind: 'key'; readonly key: string }

/** `text` is what is compared: without quotes; with escapes removed in the product dialect, raw in the OZ dialect. */
export type ExpressionLiteral = {
  readonly kind: 'string' | 'number' | 'boolean'
  readonly text: string
  readonly start: number
  readonly end: number
}

/** `oz` is OpenZeppelin Monitor's language exactly; `product` has the fixes of spec/03 §11. */
export type ExpressionDialect = 'oz' | 'product'

/** Parentheses deeper than this are a syntax error: the stack must bear whatever a tenant writes. */
export const EXPRESSION_DEPTH_MAX = 1_000
