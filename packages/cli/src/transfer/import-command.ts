import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type ApiClient, createApiClient } from '../api/api-client.ts'
import { ApiError } from '../api/api-error.ts'
import { type ConnectionOptions, readConnection } from '../api/connection.ts'
import { readQuotas, readServerState, type ServerState } from '../api/stored-object.ts'
import { CliError } from '../cli-error.ts'
import { checkFiles, workingDirectoryOf } from '../config/check-directory.ts'
import { readConfigFiles } from '../config/config-files.ts'
import { type Finding, inOrder } from '../config/finding.ts'
import type { KnownElsewhere } from '../config/references.ts'
import { createHttp } from '../http.ts'
import type { Surroundings } from '../surroundings.ts'
import { applyChanges, type ApplyResult } from './apply.ts'
import { createFingerprints } from './fingerprint.ts'
import { importReportJson, importReportText } from './import-report.ts'
import { type ImportPlan, planImport } from './plan.ts'
import { validateMonitors } from './validate-monitors.ts'

export type ImportCommandOptions = ConnectionOptions & {
  dryRun?: boolean
  json?: boolean
  workdir?: string
  replaceSecrets?: boolean
}

/** `smt import`: brings a directory into a tenant, all of it or nothing. Resolves with the exit code. */
export async function runImport(
  surroundings: Surroundings,
  directory: string,
  options: ImportCommandOptions,
): Promise<number> {
  const { cwd, out, environment, signal } = surroundings
  const path = resolve(cwd, directory)
  const connection = await readConnection(surroundings, options)
  const files = await readConfigFiles(path)
  const http = createHttp()
  try {
    const wait = (ms: number) => setTimeout(ms)
    const api = createApiClient({ http, wait, signal }, connection)
    const workingDirectory = options.workdir === undefined ? workingDirectoryOf(path) : resolve(cwd, options.workdir)
    const state = await readServerState(api)
    const quotas = await readQuotas(api)
    if (quotas === undefined) surroundings.err('the API key may not read quotas, so they are not checked beforehand.')
    const checked = await checkFiles(files, { environment, workingDirectory, elsewhere: elsewhereOf(state) })
    const planned = planImport({ checked, state, quotas, fingerprints: createFingerprints(connection) })
    const problems = [...checked.problems, ...planned.problems, ...secretProblems(planned, options)]
    // What is wrong already would only be said twice.
    const refused = problems.length === 0 ? await validateMonitors(api, planned.changes) : []
    const plan = { ...planned, problems: inOrder([...problems, ...refused]) }
    const isDryRun = options.dryRun === true
    // From here on an interruption is heeded between two changes, and undoing them is not interrupted.
    const writing = createApiClient({ http, wait }, connection)
    const result = isDryRun || plan.problems.length > 0 ? undefined : await apply(writing, surroundings, plan)
    const outcome = { plan, warnings: checked.warnings, isDryRun, result }
    out(options.json === true ? importReportJson(outcome) : importReportText(outcome))
    return plan.problems.length > 0 || result?.ok === false ? 1 : 0
  } catch (error) {
    if (error instanceof ApiError) throw new CliError(error.message, { exitCode: 1, cause: error })
    throw error
  } finally {
    await http.close()
  }
}

function apply(api: ApiClient, { signal, err }: Surroundings, plan: ImportPlan): Promise<ApplyResult> {
  return applyChanges({ api, signal, progress: err }, plan.changes)
}

/**
 * One update that loses a stored secret is made last, so the import is still all or nothing. Several are not, and need
 * the user's consent.
 */
function secretProblems({ changes }: ImportPlan, { replaceSecrets = false }: ImportCommandOptions): Finding[] {
  const losing = changes.filter(({ losesSecrets }) => losesSecrets)
  if (losing.length < 2 || replaceSecrets) return []
  return losing.map(({ file, base, kind, id }) => {
    const message =
      `The stored secrets of ${kind} ${id} would be replaced, as those of ${losing.length - 1} more: if a later one ` +
      'failed, they could not be put back. --replace-secrets accepts that.'
    return { file, pointer: base, code: 'secret_not_restorable', message }
  })
}

function elsewhereOf({ networks, shared, triggers }: ServerState): KnownElsewhere {
  return {
    networks: new Map([
      ...shared.map(({ id, type }) => [id, type] as const),
      ...networks.map(({ id, configuration }) => [id, configuration.network_type] as const),
    ]),
    triggers: new Set(triggers.map(({ id }) => id)),
  }
}
