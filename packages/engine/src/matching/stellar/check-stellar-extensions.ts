import { checkAgainst } from '../../config/check.ts'
import { type Problem, toPointer } from '../../config/problem.ts'
import { elements, member } from '../../config/record.ts'
import { declaredParametersOf, isOperationType, operationTypes } from '../../stellar/operation.ts'
import { judgeExpression } from '../judge-expression.ts'
import { badLiterals } from './check-literals.ts'
import type { StellarCheck } from './check-stellar-conditions.ts'
import { stellarExtensionsSchema } from './extensions.ts'

/**
 * What is wrong with the Stellar part of a monitor's `extensions`; pointers start with `/extensions/stellar`. Absent
 * extensions are fine. They are ours, so an address or asset that is none is a problem here.
 */
export function checkStellarExtensions(extensions: unknown): StellarCheck {
  const stellar = member(extensions, 'stellar')
  if (stellar === undefined) return { problems: [], warnings: [] }
  const { problems, warnings } = checkAgainst(stellar, { schema: stellarExtensionsSchema, findRules: operationRules })
  const placed = (found: Problem[]) => found.map((each) => ({ ...each, pointer: `/extensions/stellar${each.pointer}` }))
  return { problems: placed(problems), warnings: placed(warnings) }
}

function operationRules(stellar: unknown): StellarCheck {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  for (const [index, condition] of elements(member(stellar, 'operations')).entries()) {
    const path = ['operations', index]
    const type = member(condition, 'type')
    if (typeof type !== 'string') continue
    if (type !== 'any' && !isOperationType(type)) {
      const hint = `The types are ${operationTypes.join(', ')}, and any.`
      problems.push({ pointer: toPointer([...path, 'type']), code: 'invalid_value', message: 'is no operation', hint })
      continue
    }
    const text = member(condition, 'expression')
    if (typeof text !== 'string') continue
    const parameters = declaredParametersOf(type)
    const judged = judgeExpression('stellar', text, { path, scopes: [parameters] })
    problems.push(...judged.problems, ...badLiterals(text, { path, parameters }))
    // OZ Monitor has no such conditions to differ from.
    warnings.push(...judged.warnings.filter(({ code }) => code !== 'differs_from_oz'))
  }
  return { problems, warnings }
}
