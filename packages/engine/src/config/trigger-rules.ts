import { type PathPart, type Problem, type ProblemCode, toPointer } from './problem.ts'
import { elements, member } from './record.ts'
import { scriptProblems } from './script.ts'
import { plainText } from './secret.ts'
import { hasControlCharacter, isBlank, utf8Length } from './text.ts'
import type { TriggerType } from './trigger.ts'

type Rules = (config: unknown) => Problem[]

/**
 * The rules of each channel (spec/01 §8.3), run on a `config` of any shape: what is missing or of the wrong type is left
 * to the schema. Rules about a secret's text look at plain secrets only. Lengths are UTF-8 bytes of the template.
 */
export const triggerRules: Record<TriggerType, Rules> = {
  slack: (config) => [...prefixed(config, 'slack_url', ['https://hooks.slack.com/']), ...messageNotBlank(config)],
  discord: (config) => [
    ...prefixed(config, 'discord_url', ['https://discord.com/api/webhooks/']),
    ...messageNotBlank(config),
    ...bodyAtMost(config, 2000),
  ],
  telegram: (config) => [...telegramProblems(config), ...messageNotBlank(config), ...bodyAtMost(config, 4096)],
  webhook: (config) => [...prefixed(config, 'url', ['http://', 'https://']), ...webhookProblems(config)],
  email: (config) => [...smtpProblems(config), ...messageNotBlank(config), ...mailTextProblems(config)],
  script: (config) => scriptProblems(config, ['config']),
}

function prefixed(config: unknown, field: string, prefixes: readonly string[]): Problem[] {
  const url = plainText(member(config, field))
  if (url === undefined || prefixes.some((prefix) => url.startsWith(prefix))) return []
  return [problem([field, 'value'], 'invalid_url', `must start with ${prefixes.join(' or ')} (in lower case)`)]
}

function telegramProblems(config: unknown): Problem[] {
  const problems = notBlank(member(config, 'chat_id'), ['chat_id'])
  const token = plainText(member(config, 'token'))
  if (token === undefined) return problems
  if (isBlank(token)) return [...notBlank(token, ['token', 'value']), ...problems]
  if (/^\d{8,10}:[A-Za-z0-9_-]{35}$/.test(token)) return problems
  const message = 'must be a bot token: 8 to 10 digits, a colon, and exactly 35 of the characters A-Z a-z 0-9 _ -'
  return [problem(['token', 'value'], 'invalid_format', message), ...problems]
}

function webhookProblems(config: unknown): Problem[] {
  const problems: Problem[] = []
  const method = member(config, 'method')
  if (typeof method === 'string' && !['GET', 'POST', 'PUT', 'DELETE'].includes(method.toUpperCase())) {
    problems.push(problem(['method'], 'invalid_value', 'must be GET, POST, PUT or DELETE'))
  }
  const mode = member(config, 'payload_mode')
  if (mode !== undefined && mode !== 'template') return problems
  if (member(config, 'message') !== undefined) return [...problems, ...messageNotBlank(config)]
  const message = 'is required, unless payload_mode is "raw"'
  return [...problems, problem(['message'], 'required', message)]
}

function smtpProblems(config: unknown): Problem[] {
  const host = member(config, 'host')
  const problems = notBlank(host, ['host'])
  if (typeof host === 'string' && problems.length === 0 && !(host.includes('.') && /^[A-Za-z0-9.-]+$/.test(host))) {
    const message = 'must be a host name with a dot, of ASCII letters, digits, dots and hyphens'
    problems.push(problem(['host'], 'invalid_format', message))
  }
  const username = plainText(member(config, 'username'))
  if (username === '') problems.push(problem(['username', 'value'], 'blank', 'must not be empty'))
  if (username !== undefined && hasControlCharacter(username)) {
    problems.push(problem(['username', 'value'], 'invalid_character', 'must not contain control characters'))
  }
  problems.push(...notBlank(plainText(member(config, 'password')), ['password', 'value']))
  const recipients = member(config, 'recipients')
  if (Array.isArray(recipients) && elements(recipients).length === 0) {
    problems.push(problem(['recipients'], 'too_short', 'must name at least one recipient'))
  }
  return problems
}

function mailTextProblems(config: unknown): Problem[] {
  const problems: Problem[] = []
  const title = messagePart(config, 'title')
  const body = messagePart(config, 'body')
  if (title !== undefined && utf8Length(title) > 998) {
    problems.push(problem(['message', 'title'], 'too_long', 'must have at most 998 bytes'))
  }
  if (title !== undefined && hasControlCharacter(title, '\t\n\v\f\r\u0085')) {
    problems.push(problem(['message', 'title'], 'invalid_character', 'must not contain control characters'))
  }
  if (body !== undefined && hasControlCharacter(body, '\t\n\r')) {
    const message = 'must not contain control characters other than tab and line breaks'
    problems.push(problem(['message', 'body'], 'invalid_character', message))
  }
  return problems
}

function messageNotBlank(config: unknown): Problem[] {
  return (['title', 'body'] as const).flatMap((part) => notBlank(messagePart(config, part), ['message', part]))
}

function bodyAtMost(config: unknown, lengthMax: number): Problem[] {
  const body = messagePart(config, 'body')
  if (body === undefined || utf8Length(body) <= lengthMax) return []
  return [problem(['message', 'body'], 'too_long', `must have at most ${lengthMax} bytes (in UTF-8)`)]
}

function messagePart(config: unknown, part: 'title' | 'body'): string | undefined {
  const value = member(member(config, 'message'), part)
  return typeof value === 'string' ? value : undefined
}

function notBlank(value: unknown, path: readonly PathPart[]): Problem[] {
  return typeof value === 'string' && isBlank(value) ? [problem(path, 'blank', 'must not be empty or blank')] : []
}

function problem(path: readonly PathPart[], code: ProblemCode, message: string): Problem {
  return { pointer: toPointer(['config', ...path]), code, message }
}
