import { checkAgainst, type Findings } from './check.ts'
import { cronProblem } from './cron.ts'
import { isU64 } from './integer.ts'
import { type NetworkConfig, networkSchema, networkTypes } from './network.ts'
import { recommendedPastBlocks } from './past-blocks.ts'
import { type Checked, type PathPart, type Problem, toPointer } from './problem.ts'
import { elements, member } from './record.ts'
import { plainText } from './secret.ts'
import { isBlank } from './text.ts'
import { urlWarnings } from './url-warnings.ts'

const noon = new Date('2026-01-01T12:00:00Z')

/**
 * Checks a network against spec/01 §3, with every problem and warning in one answer; never throws.
 *
 * What the original loads is accepted: endpoints missing, an empty slug or a bad `recovery_config` schedule are
 * warnings. Rules about URLs look at plain secrets only. `now` is where the interval of `cron_schedule` is measured for
 * the warning about `max_past_blocks`; without it a fixed day is used.
 */
export function checkNetwork(value: unknown, { now = noon }: { now?: Date } = {}): Checked<NetworkConfig> {
  return checkAgainst(value, { schema: networkSchema, findRules: (network) => networkRules(network, now) })
}

function networkRules(network: unknown, now: Date): Findings {
  const networkType = member(network, 'network_type')
  const endpoints = elements(member(network, 'rpc_urls')).map((endpoint, index) =>
    endpointRules(endpoint, { networkType, path: ['rpc_urls', index] }),
  )
  return {
    problems: endpoints.flatMap(({ problems }) => problems),
    warnings: [...settingWarnings(network, now), ...endpoints.flatMap(({ warnings }) => warnings)],
  }
}

function endpointRules(
  endpoint: unknown,
  { networkType, path }: { networkType: unknown; path: readonly PathPart[] },
): Findings {
  const problems: Problem[] = []
  if (!networkTypes.some((known) => known === networkType)) return { problems, warnings: [] }
  const isMidnight = networkType === 'Midnight'
  const type = member(endpoint, 'type_')
  const expected = isMidnight ? 'ws_rpc' : 'rpc'
  if (typeof type === 'string' && type !== expected) {
    const message = `must be "${expected}" on a network of type ${String(networkType)}`
    problems.push({ pointer: toPointer([...path, 'type_']), code: 'invalid_value', message })
  }
  const urlPath = [...path, 'url', 'value']
  const url = plainText(member(endpoint, 'url'))
  if (url === undefined) return { problems, warnings: [] }
  const schemes = isMidnight ? ['wss', 'ws'] : ['http', 'https', 'wss', 'ws']
  if (!schemes.some((scheme) => url.startsWith(`${scheme}://`))) {
    const allowed = schemes.map((scheme) => `${scheme}://`).join(', ')
    const message = `must start with one of ${allowed} (in lower case) on a network of type ${String(networkType)}`
    problems.push({ pointer: toPointer(urlPath), code: 'invalid_url', message })
    return { problems, warnings: [] }
  }
  const warnings = urlWarnings(url, urlPath)
  if (!isMidnight && /^wss?:/.test(url)) {
    const message = `is a WebSocket URL, but ${String(networkType)} nodes are asked over HTTP: this endpoint cannot connect`
    warnings.push({ pointer: toPointer(urlPath), code: 'unusable_url', message })
  }
  return { problems, warnings }
}

function settingWarnings(network: unknown, now: Date): Problem[] {
  const warnings: Problem[] = []
  const name = member(network, 'name')
  if (typeof name === 'string' && name !== '' && isBlank(name)) {
    warnings.push({ pointer: '/name', code: 'blank_name', message: 'holds nothing but blanks' })
  }
  if (member(network, 'slug') === '') {
    warnings.push({ pointer: '/slug', code: 'empty_slug', message: 'is empty, so monitors can hardly refer to it' })
  }
  const endpoints = member(network, 'rpc_urls')
  if (Array.isArray(endpoints) && endpoints.every((endpoint) => isUnused(member(endpoint, 'weight')))) {
    const message = 'has no endpoint with a weight above 0, so the network cannot be watched'
    warnings.push({ pointer: '/rpc_urls', code: 'no_endpoints', message })
  }
  const pastBlocks = member(network, 'max_past_blocks')
  if (pastBlocks === 'unlimited' && member(network, 'store_blocks') === true) {
    const message = 'together with store_blocks, OpenZeppelin Monitor writes the whole backlog to disk'
    warnings.push({ pointer: '/max_past_blocks', code: 'backlog_stored', message })
  }
  const recommended = recommendedFor(network, now)
  if (isU64(pastBlocks) && pastBlocks >= 1 && recommended !== undefined && BigInt(pastBlocks) < recommended) {
    const message = `is less than the ${recommended} blocks that pass between two polls, so blocks will be skipped`
    warnings.push({ pointer: '/max_past_blocks', code: 'past_blocks_too_small', message })
  }
  const recoveryCron = member(member(network, 'recovery_config'), 'cron_schedule')
  const recoveryProblem = typeof recoveryCron === 'string' ? cronProblem(recoveryCron) : undefined
  if (recoveryProblem !== undefined) {
    const message = `${recoveryProblem}; OpenZeppelin Monitor would not watch this network when recovery is enabled`
    warnings.push({ pointer: '/recovery_config/cron_schedule', code: 'recovery_cron_invalid', message })
  }
  return warnings
}

function isUnused(weight: unknown): boolean {
  return weight === 0 || weight === 0n
}

function recommendedFor(network: unknown, now: Date): bigint | undefined {
  const schedule = member(network, 'cron_schedule')
  const blockTime = member(network, 'block_time_ms')
  const confirmations = member(network, 'confirmation_blocks')
  if (typeof schedule !== 'string' || cronProblem(schedule) !== undefined) return undefined
  if (!isU64(blockTime) || blockTime < 1 || !isU64(confirmations)) return undefined
  return recommendedPastBlocks(
    { cron_schedule: schedule, block_time_ms: blockTime, confirmation_blocks: confirmations },
    now,
  )
}
