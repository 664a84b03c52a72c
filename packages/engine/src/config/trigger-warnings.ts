import type { ChannelDefinition } from '../channels/channel-definition.ts'
import type { Problem } from './problem.ts'
import { member } from './record.ts'
import { durationNanoseconds } from './retry-policy.ts'
import { plainText } from './secret.ts'
import { isBlank } from './text.ts'
import { urlWarnings } from './url-warnings.ts'

/** What is accepted but doubtful in a trigger whose `config` has the shape of `channel` (spec/01 §8.5). */
export function triggerWarnings(trigger: unknown, channel: ChannelDefinition | undefined): Problem[] {
  const name = member(trigger, 'name')
  const config = member(trigger, 'config')
  const warnings: Problem[] = []
  if (typeof name === 'string' && name !== '' && isBlank(name)) {
    warnings.push({ pointer: '/name', code: 'blank_name', message: 'holds nothing but blanks' })
  }
  for (const { field } of channel?.secrets.filter(({ isUrl }) => isUrl) ?? []) {
    const url = plainText(member(config, field))
    if (url !== undefined) warnings.push(...urlWarnings(url, ['config', field, 'value']))
  }
  return [...warnings, ...(channel?.warnings?.(config) ?? []), ...backoffWarnings(member(config, 'retry_policy'))]
}

/** The warning about a `config` whose shape belongs to another channel than `trigger_type` (spec/02 §2.1). */
export function mismatchWarning(named: ChannelDefinition, fitting: ChannelDefinition): Problem {
  const isSent = named.transport === 'http' && fitting.transport === 'http'
  const consequence = isSent
    ? `is sent as ${fitting.name}, without the checks of that channel`
    : 'can never be delivered'
  const message = `has the fields of a ${fitting.name} trigger, but trigger_type is ${named.name}: it ${consequence}`
  return { pointer: '/config', code: 'trigger_type_mismatch', message }
}

function backoffWarnings(policy: unknown): Problem[] {
  const initial = durationNanoseconds(member(policy, 'initial_backoff') ?? [0, 250_000_000])
  const max = durationNanoseconds(member(policy, 'max_backoff') ?? [10, 0])
  if (initial === undefined || max === undefined || initial <= max) return []
  const message = 'has an initial_backoff above its max_backoff, with which OpenZeppelin Monitor cannot send'
  return [{ pointer: '/config/retry_policy', code: 'backoff_order', message }]
}
