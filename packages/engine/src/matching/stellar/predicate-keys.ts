import { formsOf } from '../../expression/operand.ts'
import { stellarFamilyOf } from '../../expression/stellar-kinds.ts'
import { lowerOf, nativeOf } from '../../expression/text-forms.ts'
import { createTextForms, type TextForms } from '../../expression/value-node.ts'
import { removeWhitespace } from '../../expression/whitespace.ts'
import { boundKey, type KeyReader, type KeysOfComparison } from '../predicate-keys.ts'

/**
 * Kinds are known only when something has happened: contracts are read with specs that arrive later, and without one by
 * what the values are. So a key is made for every kind that the literal fits: text (without whitespace and case, which is
 * how addresses compare and never tells apart what is equal as text) and integer.
 */
export const stellarKeysOf: KeysOfComparison = ({ path, operator, literal }) => {
  const variable = path.base
  if (path.accessors.length > 0 || literal.kind === 'boolean') return undefined
  const forms = createTextForms(literal.text)
  const integer = nativeOf(forms)
  if (operator !== '==') return integer === null ? undefined : boundKey(operator, variable, integer)
  const values = [textKey(forms), ...(integer === null ? [] : [integerKey(integer)])]
  return values.map((value) => ({ kind: 'equal', variable, value }))
}

export const stellarKeyReader: KeyReader = {
  textOf(operand) {
    switch (stellarFamilyOf(operand.kind)) {
      case 'text':
        return textKey(formsOf(operand))
      case 'integer': {
        const integer = nativeOf(formsOf(operand))
        return integer === null ? null : integerKey(integer)
      }
      case 'vec':
      case 'map':
        return undefined
      case 'boolean':
      case undefined:
        return null
    }
  },
  integerOf: (operand) =>
    stellarFamilyOf(operand.kind) === 'integer' ? (nativeOf(formsOf(operand)) ?? undefined) : undefined,
}

/** In this order: lower case depends on what stands beside a letter. */
const textKey = (forms: TextForms): string => `t${removeWhitespace(lowerOf(forms))}`
const integerKey = (integer: bigint): string => `i${integer}`
