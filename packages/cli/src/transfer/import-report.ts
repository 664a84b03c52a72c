import { stringifyJson } from '@smt/engine'
import type { ApiError } from '../api/api-error.ts'
import { type Finding, lineOf } from '../config/finding.ts'
import { counted } from '../plural.ts'
import type { ApplyResult } from './apply.ts'
import type { ImportPlan } from './plan.ts'
import type { Change, VariableUse } from './plan-object.ts'
import { findingOf } from './validate-monitors.ts'

export type ImportOutcome = {
  plan: ImportPlan
  warnings: readonly Finding[]
  isDryRun: boolean
  /** Undefined when nothing was sent: a dry run, or problems. */
  result: ApplyResult | undefined
}

/** The report of an import for people. Names of variables are shown, values and secrets never. */
export function importReportText({ plan, warnings, isDryRun, result }: ImportOutcome): string {
  const { changes, shared, problems } = plan
  const of = (action: Change['action']) => changes.filter((change) => change.action === action)
  const lines = [
    ...changes.map((change) => `  ${change.action.padEnd(9)} ${nameOf(change)}${remark(change)}`),
    ...shared.map(({ id, file }) => `  shared    network ${id} (${file}): the operator's network is used`),
    ...changes.flatMap(({ file, variables }) => variables.map((use) => `  secret    ${file} ${secretLine(use)}`)),
    ...section('Warnings:', warnings.map(lineOf)),
    ...section('Problems:', problems.map(lineOf)),
    ...(result === undefined || result.ok ? [] : failureLines(result)),
    '',
    `${of('create').length} to create, ${of('update').length} to update, ${of('unchanged').length} unchanged, ` +
      `${shared.length} shared, ${counted(problems.length, 'problem')}. ${verdict({ plan, isDryRun, result })}`,
    '',
  ]
  return lines.join('\n')
}

/** The same for machines. */
export function importReportJson({ plan, warnings, isDryRun, result }: ImportOutcome): string {
  const report = {
    ok: plan.problems.length === 0 && (result?.ok ?? true),
    dry_run: isDryRun,
    applied: result?.ok === true,
    changes: plan.changes.map(({ kind, id, file, action, losesSecrets, variables }) => ({
      kind,
      id,
      file,
      action,
      replaces_secret: losesSecrets,
      secrets: variables,
    })),
    shared: plan.shared,
    problems: plan.problems,
    warnings,
    ...(result === undefined || result.ok ? {} : failureJson(result)),
  }
  return `${stringifyJson(report)}\n`
}

type Failure = Extract<ApplyResult, { ok: false }>

function failureLines({ failed, error, undo }: Failure): string[] {
  return section('Failed:', [
    `${failed === undefined ? '' : `${nameOf(failed)}: `}${error.message}`,
    ...findingsOf(failed, error).map(lineOf),
    ...undo.undone.map((change) => `undone: ${change.action} ${nameOf(change)}`),
    ...undo.notUndone.map(({ change, reason }) => `NOT undone: ${change.action} ${nameOf(change)}: ${reason}`),
  ])
}

function failureJson({ failed, error, undo }: Failure) {
  return {
    failure: {
      ...(failed === undefined ? {} : placeOf(failed)),
      code: error.code,
      message: error.message,
      problems: findingsOf(failed, error),
    },
    undone: undo.undone.map(placeOf),
    not_undone: undo.notUndone.map(({ change, reason }) => ({ ...placeOf(change), reason })),
  }
}

function findingsOf(failed: Change | undefined, { problems }: ApiError): Finding[] {
  return failed === undefined ? [] : problems.map((problem) => findingOf(failed, problem))
}

function placeOf({ kind, id, file, action }: Change) {
  return { kind, id, file, action }
}

function nameOf({ kind, id, file }: Change): string {
  return `${kind} ${id} (${file})`
}

function remark({ losesSecrets }: Change): string {
  return losesSecrets ? ', replaces a stored secret' : ''
}

function secretLine({ pointer, variable, effect }: VariableUse): string {
  return effect === 'sent'
    ? `${pointer} is taken from the environment variable ${variable}`
    : `${pointer} stays as it is stored: ${variable} is not set`
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function verdict({ plan, isDryRun, result }: Pick<ImportOutcome, 'plan' | 'isDryRun' | 'result'>): string {
  if (plan.problems.length > 0) return 'Nothing was changed.'
  if (isDryRun) return 'Dry run: nothing was changed.'
  if (result?.ok === true) return 'Done.'
  if (result !== undefined && result.undo.notUndone.length > 0) return 'The import failed and was undone in part.'
  return 'The import failed and was undone.'
}
