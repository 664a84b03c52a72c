import { resolve } from 'node:path'
import { stringifyJson } from '@smt/engine'
import { counted } from '../plural.ts'
import type { Surroundings } from '../surroundings.ts'
import { checkDirectory, type CheckedDirectory, unsetVariables, workingDirectoryOf } from './check-directory.ts'
import { type Finding, inOrder, lineOf } from './finding.ts'

export type CheckCommandOptions = { json?: boolean; strictSecrets?: boolean; workdir?: string }

/** `smt check`: everything about a directory at once; resolves with the exit code. */
export async function runCheck(
  { environment, cwd, out }: Surroundings,
  directory: string,
  { json = false, strictSecrets = false, workdir }: CheckCommandOptions,
): Promise<number> {
  const path = resolve(cwd, directory)
  const workingDirectory = workdir === undefined ? workingDirectoryOf(path) : resolve(cwd, workdir)
  const checked = await checkDirectory(path, { environment, workingDirectory })
  const unset = unsetVariables([...checked.networks, ...checked.triggers, ...checked.monitors])
  const report = {
    ...checked,
    problems: inOrder([...checked.problems, ...(strictSecrets ? unset : [])]),
    warnings: inOrder([...checked.warnings, ...(strictSecrets ? [] : unset)]),
  }
  out(json ? `${stringifyJson(jsonOf(report))}\n` : textOf(report))
  return report.problems.length === 0 ? 0 : 1
}

function jsonOf({ networks, monitors, triggers, problems, warnings, notExecutable }: CheckedDirectory) {
  return {
    ok: problems.length === 0,
    networks: networks.length,
    monitors: monitors.length,
    triggers: triggers.length,
    problems,
    warnings,
    not_executable: notExecutable,
  }
}

function textOf({ networks, monitors, triggers, problems, warnings, notExecutable }: CheckedDirectory): string {
  const section = (title: string, findings: readonly Finding[]) =>
    findings.length === 0 ? [] : [title, ...findings.map((finding) => `  ${lineOf(finding)}`), '']
  return [
    ...section('Problems:', problems),
    ...section('Warnings:', warnings),
    ...section('Not executable here yet (OpenZeppelin Monitor does it):', notExecutable),
    [
      `${counted(networks.length, 'network')}, ${counted(monitors.length, 'monitor')}, `,
      `${counted(triggers.length, 'trigger')}: `,
      problems.length === 0 ? 'OK' : counted(problems.length, 'problem'),
      `, ${counted(warnings.length, 'warning')}, ${notExecutable.length} not executable here yet.`,
    ].join(''),
    '',
  ].join('\n')
}
