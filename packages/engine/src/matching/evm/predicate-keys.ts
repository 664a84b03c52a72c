import { type EvmFamily, evmFamilyOf } from '../../expression/evm-kinds.ts'
import { formsOf } from '../../expression/operand.ts'
import { addressOf, lowerOf, signedOf, unsignedOf } from '../../expression/text-forms.ts'
import { createTextForms, type TextForms } from '../../expression/value-node.ts'
import { boundKey, type KeyReader, type KeysOfComparison } from '../predicate-keys.ts'

/** The kind of a variable, as declared; undefined when there is none of this name. */
export type KindOf = (variable: string) => string | undefined

/** Keys by the declared kinds of the variables. */
export function evmKeysOf(kindOf: KindOf): KeysOfComparison {
  return ({ path, operator, literal }) => {
    const variable = path.base
    const kind = kindOf(variable)
    if (kind === undefined || path.accessors.length > 0 || literal.kind === 'boolean') return undefined
    const forms = createTextForms(literal.text)
    if (operator === '==') {
      const value = keyTextOf(kind, forms)
      return value === undefined ? undefined : [{ kind: 'equal', variable, value }]
    }
    const bound = integerOf(evmFamilyOf(kind), forms)
    return bound === undefined ? undefined : boundKey(operator, variable, bound)
  }
}

/** Variables have the kinds that their keys were made for. */
export const evmKeyReader: KeyReader = {
  textOf: (operand) => keyTextOf(operand.kind, formsOf(operand)) ?? null,
  integerOf: (operand) => integerOf(evmFamilyOf(operand.kind), formsOf(operand)),
}

/** What an `equal` key of a variable is compared with; undefined for kinds that have no such keys. */
function keyTextOf(kind: string, forms: TextForms): string | undefined {
  const family = evmFamilyOf(kind)
  if (family === 'address') return addressOf(forms)
  if (family === 'text') return lowerOf(forms)
  return integerOf(family, forms)?.toString()
}

/** The integer of a variable; undefined when its kind or text is none. */
function integerOf(family: EvmFamily | undefined, forms: TextForms): bigint | undefined {
  if (family === 'unsigned') return unsignedOf(forms) ?? undefined
  if (family === 'signed') return signedOf(forms) ?? undefined
  return undefined
}
