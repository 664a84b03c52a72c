/**
 * Every code a problem or warning can carry. Codes are stable; messages may change.
 *
 * Refusals: `required`, `invalid_type`, `invalid_value`, `invalid_shape` (fits none of several forms), `unknown_field`,
 * `out_of_range`, `too_short`, `too_long`, `blank`, `invalid_format`, `invalid_cron`, `invalid_email`, `invalid_url`,
 * `duplicate`, `invalid_signature`, `invalid_character` (U+0000 or a control character), `prohibited_key`, `too_deep`,
 * `too_many_problems`, `unsupported_feature`; of expressions: `expression_syntax`, `unknown_variable`,
 * `unsupported_operator`, `invalid_literal`, `invalid_path`.
 *
 * Warnings: `blank_name`, `empty_slug`, `no_endpoints`, `insecure_url`, `unusual_port`, `unusable_url`,
 * `past_blocks_too_small`, `backlog_stored`, `recovery_cron_invalid`, `no_addresses`, `trigger_type_mismatch`,
 * `missing_authentication`, `unusual_smtp_port`, `backoff_order`, `unknown_signature`; on Stellar `unmatchable_address`,
 * `unmatchable_condition`, `empty_contract_spec`, `foreign_contract_spec`, `unknown_type`; of expressions the codes above
 * where the expression may hold all the same, `missing_space`, `differs_from_oz`.
 */
export type ProblemCode =
  | 'required'
  | 'invalid_type'
  | 'invalid_value'
  | 'invalid_shape'
  | 'unknown_field'
  | 'out_of_range'
  | 'too_short'
  | 'too_long'
  | 'blank'
  | 'invalid_format'
  | 'invalid_cron'
  | 'invalid_email'
  | 'invalid_url'
  | 'duplicate'
  | 'invalid_signature'
  | 'invalid_character'
  | 'prohibited_key'
  | 'too_deep'
  | 'too_many_problems'
  | 'unsupported_feature'
  | 'expression_syntax'
  | 'unknown_variable'
  | 'unsupported_operator'
  | 'invalid_literal'
  | 'invalid_path'
  | 'missing_space'
  | 'differs_from_oz'
  | 'unknown_signature'
  | 'unmatchable_address'
  | 'unmatchable_condition'
  | 'empty_contract_spec'
  | 'foreign_contract_spec'
  | 'unknown_type'
  | 'blank_name'
  | 'empty_slug'
  | 'no_endpoints'
  | 'insecure_url'
  | 'unusual_port'
  | 'unusable_url'
  | 'past_blocks_too_small'
  | 'backlog_stored'
  | 'recovery_cron_invalid'
  | 'no_addresses'
  | 'trigger_type_mismatch'
  | 'missing_authentication'
  | 'unusual_smtp_port'
  | 'backoff_order'

/**
 * One finding: an RFC 6901 pointer from the root of the object checked, a stable code, and a sentence for people. Of an
 * expression also the part of its text (UTF-16 units, `end` exclusive) and, where there is one, what to write instead.
 */
export type Problem = {
  pointer: string
  code: ProblemCode
  message: string
  position?: { start: number; end: number }
  hint?: string
}

/** Everything found in one object. `value` is present exactly when `problems` is empty. */
export type Checked<T> = { value?: T; problems: Problem[]; warnings: Problem[] }

export type PathPart = string | number

/** RFC 6901 pointer of a path; the empty path is the empty string. */
export function toPointer(path: readonly PathPart[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** So many problems are reported of one object; whoever has more has sent something else. */
export const problemsMax = 1000
