import type { ComparisonOperator } from './expression.ts'
import { printJsonValue } from './json-value.ts'
import { printStructure, readStructure, type StructuredValue } from './structured-value.ts'
import { createTextForms, type TextForms, type ValueNode } from './value-node.ts'

/** Why an expression has no result (spec/03 §1.3). `Syntax` is the ParseError of a text that is no expression. */
export type ExpressionErrorClass =
  | 'Syntax'
  | 'VariableNotFound'
  | 'TypeMismatch'
  | 'UnsupportedOperator'
  | 'ParseError'
  | 'IndexOutOfBounds'
  | 'FieldNotFound'

/** Inside the evaluation an error is its bare class: nothing is allocated per comparison. */
export type Outcome = boolean | ExpressionErrorClass

/** Compares an operand of one family of kinds with a literal; never throws. */
export type Comparator = (left: Operand, operator: ComparisonOperator, literal: Literal) => Outcome

export type Literal = { readonly kind: 'string' | 'number' | 'boolean'; readonly forms: TextForms }

/** What one chain and dialect make of kinds. */
export type KindTable = {
  readonly comparatorOf: (kind: string) => Comparator
  /** For a value reached through a path, whose declared kind is unknown unless the decoder gave it. */
  readonly comparatorOfElement: (kind: string) => Comparator
  /** The kind of a value that JSON has no declared kind for (spec/03 §5). */
  readonly kindOfJson: (node: ValueNode) => string
  readonly readsStructure: boolean
}

/** The left side of a comparison: a parameter, or a value reached through a path. */
export type Operand = {
  readonly kind: string
  readonly structure: StructuredValue | undefined
  /** Undefined until asked for; null when only the text is known. Read it with {@link nodeOf}. */
  node: ValueNode | null | undefined
  /** Undefined until asked for. Read it with {@link formsOf}. */
  forms: TextForms | undefined
  kinds: KindTable | undefined
  comparator: Comparator
  /** Values reached from here, by the text of the path. */
  paths: Map<string, Operand | ExpressionErrorClass> | undefined
}

export function createOperand(
  kind: string,
  { text, node, structure }: { text?: string; node?: ValueNode; structure?: StructuredValue | undefined },
): Operand {
  const forms = text === undefined ? undefined : createTextForms(text)
  return { kind, structure, node, forms, kinds: undefined, comparator: compareUnsupported, paths: undefined }
}

/** The operand, ready to be compared by the rules of the table. */
export function bindOperand(operand: Operand, kinds: KindTable): Operand {
  if (operand.kinds === kinds) return operand
  operand.kinds = kinds
  operand.comparator = kinds.comparatorOf(operand.kind)
  operand.paths = undefined
  return operand
}

export function formsOf(operand: Operand): TextForms {
  return (operand.forms ??= formsOfNode(operand.node))
}

export function nodeOf(operand: Operand): ValueNode | null {
  if (operand.node === undefined) operand.node = operand.structure ? readStructure(operand.structure) : null
  return operand.node
}

/** A kind that no comparison is defined for. */
export function compareUnsupported(): Outcome {
  return 'TypeMismatch'
}

function formsOfNode(node: ValueNode | null | undefined): TextForms {
  if (!node) return createTextForms('')
  if ('forms' in node) return node.forms
  const isFromDecoder = node.type === 'tuple' || (node.type === 'array' && node.kind !== undefined)
  return createTextForms(isFromDecoder ? printStructure(node) : printJsonValue(node))
}
