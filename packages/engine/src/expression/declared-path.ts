import type { ExpressionChain } from './evaluate-expression.ts'
import { evmFamilyOf } from './evm-kinds.ts'
import type { Accessor, ExpressionPath } from './expression.ts'
import { type DeclaredParameter, echo, type Remark } from './expression-finding.ts'
import { stellarFamilyOf } from './stellar-kinds.ts'

/** What a path leads to by the declared kinds: a kind, nothing that could be said without values, or a mistake. */
export type DeclaredTarget =
  | { readonly kind: string; readonly isMember: boolean }
  | { readonly kind: undefined }
  | { readonly remark: Remark }

export function resolveDeclaredPath(
  chain: ExpressionChain,
  { accessors }: ExpressionPath,
  parameter: DeclaredParameter,
): DeclaredTarget {
  let declared: Pick<DeclaredParameter, 'kind' | 'components'> = parameter
  for (const accessor of accessors) {
    const next: Step = chain === 'evm' ? stepEvm(declared, accessor) : stepStellar(declared.kind, accessor)
    if (next === undefined) return { kind: undefined }
    if ('message' in next) return { remark: next }
    declared = next
  }
  return { kind: declared.kind, isMember: accessors.length > 0 }
}

type Step = Pick<DeclaredParameter, 'kind' | 'components'> | Remark | undefined

function stepEvm({ kind, components }: Pick<DeclaredParameter, 'kind' | 'components'>, accessor: Accessor): Step {
  const suffix = /\[([0-9]{0,9})\]$/.exec(kind)
  if (suffix) {
    if (accessor.kind === 'key')
      return { message: 'A list has no members.', hint: 'Choose an element first, such as [0].' }
    if (suffix[1] !== '' && accessor.index >= Number(suffix[1])) {
      return { message: `The list has ${suffix[1]} elements.`, hint: 'The first element is [0].' }
    }
    return { kind: kind.slice(0, suffix.index), components }
  }
  const family = evmFamilyOf(kind)
  if (family === 'tuple') return components ? stepTuple(components, accessor) : undefined
  if (family === undefined || family === 'array' || kind.toLowerCase() === 'string') return undefined
  return { message: `A parameter of the kind ${echo(kind)} has no parts.`, hint: 'Compare the parameter itself.' }
}

function stepTuple(components: readonly DeclaredParameter[], accessor: Accessor): Step {
  if (accessor.kind === 'index') {
    const member = components[Number(accessor.index)]
    return member ?? { message: `The tuple has ${components.length} members.`, hint: 'The first member is [0].' }
  }
  const member = components.find(({ name }) => name === accessor.key)
  if (member) return member
  const names = components.map(({ name }) => name).filter((name) => name !== '')
  const hint =
    names.length > 0 && names.length <= 12 ? `Members: ${names.map(echo).join(', ')}.` : 'Use [0], [1] and so on.'
  return { message: `The tuple has no member ${echo(accessor.key)}.`, hint }
}

function stepStellar(kind: string, accessor: Accessor): Step {
  const family = stellarFamilyOf(kind)
  if (family === 'vec' && accessor.kind === 'key') {
    return { message: 'A vec has no members.', hint: 'Choose an element first, such as [0].' }
  }
  if (family === 'map' && accessor.kind === 'index') {
    return { message: 'A map has no positions.', hint: 'Name a key, such as .amount.' }
  }
  const isScalar = family === 'integer' || family === 'boolean' || /^(?:address|bytes)$/i.test(kind)
  if (!isScalar) return undefined
  return { message: `A parameter of the kind ${echo(kind)} has no parts.`, hint: 'Compare the parameter itself.' }
}
