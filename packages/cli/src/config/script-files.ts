import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { itemsOf, memberOf, textOf } from '../json.ts'
import type { ConfigObject } from './config-files.ts'
import type { Finding } from './finding.ts'

type Script = { file: string; pointer: string; path: string }

/**
 * Scripts of trigger conditions and script triggers must exist (spec/01 §7.2), below the directory in which OpenZeppelin
 * Monitor would run; whoever else may write to them is worth a warning (§7.3). What is in them is not looked at.
 */
export async function scriptFindings(
  objects: readonly ConfigObject[],
  workingDirectory: string,
): Promise<{ problems: Finding[]; warnings: Finding[] }> {
  const problems: Finding[] = []
  const warnings: Finding[] = []
  for (const { path, ...place } of objects.flatMap(scriptsOf)) {
    const mode = await modeOf(resolve(workingDirectory, path))
    if (mode === undefined) {
      const message = `There is no script ${path} in ${workingDirectory}.`
      problems.push({ ...place, code: 'missing_script', message })
    } else if (process.platform !== 'win32' && (mode & 0o022) !== 0) {
      const message = `Others may write to ${path}: chmod 644 prevents it.`
      warnings.push({ ...place, code: 'writable_script', message })
    }
  }
  return { problems, warnings }
}

function scriptsOf({ kind, file, base, value }: ConfigObject): Script[] {
  const places =
    kind === 'trigger'
      ? [{ script: memberOf(value, 'config'), at: '/config' }]
      : itemsOf(value, 'trigger_conditions').map((script, index) => ({ script, at: `/trigger_conditions/${index}` }))
  return places.flatMap(({ script, at }) => {
    const path = textOf(script, 'script_path')
    return path === undefined ? [] : [{ file, pointer: `${base}${at}/script_path`, path }]
  })
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode
  } catch {
    // Whatever the reason: to the original a script that cannot be seen does not exist.
    return undefined
  }
}
