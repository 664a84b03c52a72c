import type { Problem } from '../../config/problem.ts'

export type StellarCheck = { problems: Problem[]; warnings: Problem[] }

/**
 * What is wrong with the conditions of a monitor on a Stellar network. Pointers start at the configuration. Whatever OZ
 * Monitor loads is no problem but a warning, except an expression that can never be true.
 */
export function checkStellarConditions(_configuration: unknown): StellarCheck {
  throw new Error('to be written')
}

/** What is wrong with `extensions` as a whole; pointers start with `/extensions/stellar`. Absent extensions are fine. */
export function checkStellarExtensions(_extensions: unknown): StellarCheck {
  throw new Error('to be written')
}
