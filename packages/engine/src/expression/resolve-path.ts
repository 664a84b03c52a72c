import type { Accessor } from './expression.ts'
import {
  bindOperand,
  createOperand,
  type ExpressionErrorClass,
  formsOf,
  type KindTable,
  nodeOf,
  type Operand,
} from './operand.ts'
import { jsonOf } from './text-forms.ts'
import type { ValueNode } from './value-node.ts'

/** The value that the accessors lead to, made once per parameter and path (spec/03 §5). `text` is their text. */
export function resolvePath(
  base: Operand,
  { accessors, text }: { accessors: readonly Accessor[]; text: string },
  kinds: KindTable,
): Operand | ExpressionErrorClass {
  const bound = bindOperand(base, kinds)
  const paths = (bound.paths ??= new Map())
  const known = paths.get(text)
  if (known !== undefined) return known
  const resolved = walk(bound, accessors, kinds)
  paths.set(text, resolved)
  return resolved
}

function walk(base: Operand, accessors: readonly Accessor[], kinds: KindTable): Operand | ExpressionErrorClass {
  // A scalar has no structure: its text may be JSON, whatever its kind.
  let node = (kinds.readsStructure ? nodeOf(base) : null) ?? jsonOf(formsOf(base))
  if (!node) return 'ParseError'
  for (const accessor of accessors) {
    const next: ValueNode | ExpressionErrorClass = access(node, accessor)
    if (typeof next === 'string') return next
    node = next
  }
  const kind = kindOf(node) ?? kinds.kindOfJson(node)
  const operand = createOperand(kind, { node })
  operand.kinds = kinds
  operand.comparator = kinds.comparatorOfElement(kind)
  return operand
}

function access(node: ValueNode, accessor: Accessor): ValueNode | ExpressionErrorClass {
  if (accessor.kind === 'index') {
    if (node.type !== 'array' && node.type !== 'tuple') return 'TypeMismatch'
    return node.elements[Number(accessor.index)] ?? 'IndexOutOfBounds'
  }
  if (node.type === 'object') return node.members.get(accessor.key) ?? 'FieldNotFound'
  if (node.type !== 'tuple') return 'TypeMismatch'
  return node.elements[node.names.indexOf(accessor.key)] ?? 'FieldNotFound'
}

function kindOf(node: ValueNode): string | undefined {
  return 'kind' in node ? node.kind : undefined
}
