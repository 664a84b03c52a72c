import { cutText } from './cut-text.ts'

/**
 * One finding of a check. All but the last two keep a comparison from ever matching as meant; `missing_space` is read
 * otherwise than it looks, and `differs_from_oz` matches here but is an error in OZ Monitor.
 */
export type ExpressionFinding = {
  readonly code: ExpressionFindingCode
  /** The part of the text it is about, in UTF-16 units; `end` is exclusive. */
  readonly start: number
  readonly end: number
  readonly message: string
  readonly hint?: string
}

export type ExpressionFindingCode =
  | 'expression_syntax'
  | 'unknown_variable'
  | 'unsupported_operator'
  | 'invalid_literal'
  | 'invalid_path'
  | 'missing_space'
  | 'differs_from_oz'

/** Message and hint; where and with which code is for the caller to say. */
export type Remark = { readonly message: string; readonly hint?: string }

/** What a parameter is declared as; `components` are the members of a tuple, also of one inside an array. */
export type DeclaredParameter = {
  readonly name: string
  readonly kind: string
  readonly components?: readonly DeclaredParameter[] | undefined
}

const ECHO_MAX = 60

/** Text of the expression or a name, bounded for a message. */
export function echo(text: string): string {
  return text.length <= ECHO_MAX ? text : `${cutText(text, ECHO_MAX - 1)}…`
}
