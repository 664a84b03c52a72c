import type { Problem } from './problem.ts'
import { isRecord, member } from './record.ts'
import { durationNanoseconds } from './retry-policy.ts'
import { plainText } from './secret.ts'
import { isBlank } from './text.ts'
import type { TriggerType } from './trigger.ts'
import { urlWarnings } from './url-warnings.ts'

const chatTypes: ReadonlySet<TriggerType> = new Set<TriggerType>(['slack', 'discord', 'telegram', 'webhook'])
const urlFields: Partial<Record<TriggerType, string>> = { slack: 'slack_url', discord: 'discord_url', webhook: 'url' }

/** What is accepted but doubtful in a trigger whose `config` has the shape `kind` (spec/01 §8.5). */
export function triggerWarnings(trigger: unknown, kind: TriggerType | undefined): Problem[] {
  const name = member(trigger, 'name')
  const config = member(trigger, 'config')
  const warnings: Problem[] = []
  if (typeof name === 'string' && name !== '' && isBlank(name)) {
    warnings.push({ pointer: '/name', code: 'blank_name', message: 'holds nothing but blanks' })
  }
  const urlField = kind === undefined ? undefined : urlFields[kind]
  const url = urlField === undefined ? undefined : plainText(member(config, urlField))
  if (url !== undefined) warnings.push(...urlWarnings(url, ['config', urlField ?? '', 'value']))
  if (kind === 'webhook') warnings.push(...authenticationWarnings(member(config, 'headers')))
  if (kind === 'email') warnings.push(...portWarnings(member(config, 'port')))
  return [...warnings, ...backoffWarnings(member(config, 'retry_policy'))]
}

/** The warning about a `config` whose shape belongs to another channel than `trigger_type` (spec/02 §2.1). */
export function mismatchWarning(type: TriggerType, kind: TriggerType): Problem {
  const isSent = chatTypes.has(type) && chatTypes.has(kind)
  const consequence = isSent ? `is sent as ${kind}, without the checks of that channel` : 'can never be delivered'
  const message = `has the fields of a ${kind} trigger, but trigger_type is ${type}: it ${consequence}`
  return { pointer: '/config', code: 'trigger_type_mismatch', message }
}

function authenticationWarnings(headers: unknown): Problem[] {
  if (isRecord(headers) && (Object.hasOwn(headers, 'X-API-Key') || Object.hasOwn(headers, 'Authorization'))) return []
  const pointer = isRecord(headers) ? '/config/headers' : '/config'
  const message = 'has no header X-API-Key or Authorization (in these letters), so the receiver cannot tell who sends'
  return [{ pointer, code: 'missing_authentication', message }]
}

function portWarnings(port: unknown): Problem[] {
  if (typeof port !== 'number' || [465, 587, 993].includes(port)) return []
  const message = 'is not one of the usual ports for encrypted mail (465, 587, 993)'
  return [{ pointer: '/config/port', code: 'unusual_smtp_port', message }]
}

function backoffWarnings(policy: unknown): Problem[] {
  const initial = durationNanoseconds(member(policy, 'initial_backoff') ?? [0, 250_000_000])
  const max = durationNanoseconds(member(policy, 'max_backoff') ?? [10, 0])
  if (initial === undefined || max === undefined || initial <= max) return []
  const message = 'has an initial_backoff above its max_backoff, with which OpenZeppelin Monitor cannot send'
  return [{ pointer: '/config/retry_policy', code: 'backoff_order', message }]
}
