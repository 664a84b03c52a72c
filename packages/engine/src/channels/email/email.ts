import { z } from 'zod'
import { u16 } from '../../config/integer.ts'
import type { Problem } from '../../config/problem.ts'
import { elements, member } from '../../config/record.ts'
import { plainText, secretSchema } from '../../config/secret.ts'
import { hasControlCharacter, utf8Length } from '../../config/text.ts'
import { defineChannel } from '../channel-definition.ts'
import { messageNotBlank, messagePart, messageSchema, retry_policy } from '../message.ts'
import { notBlank, problem } from '../rules.ts'
import { isEmailAddress } from './email-address.ts'

const emailAddressSchema = z
  .string()
  .refine(isEmailAddress, {
    error: 'must be an e-mail address such as alerts@example.org',
    params: { code: 'invalid_email' },
  })
  .describe('An e-mail address, also in the form `Name <local@domain>`.')

export const email = defineChannel({
  name: 'email',
  schema: z
    .strictObject({
      host: z.string().describe('SMTP server.'),
      port: u16.nullable().exactOptional().describe('Default 465.'),
      username: secretSchema,
      password: secretSchema,
      message: messageSchema,
      sender: emailAddressSchema,
      recipients: z.array(emailAddressSchema),
      retry_policy,
    })
    .describe('E-mail over SMTP.'),
  keyField: 'host',
  secrets: [
    { field: 'username', isUrl: false },
    { field: 'password', isUrl: false },
  ],
  transport: 'smtp',
  rules: (config) => [...serverProblems(config), ...messageNotBlank(config), ...textProblems(config)],
  warnings: (config) => portWarnings(member(config, 'port')),
})

function serverProblems(config: unknown): Problem[] {
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

function textProblems(config: unknown): Problem[] {
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

function portWarnings(port: unknown): Problem[] {
  if (typeof port !== 'number' || [465, 587, 993].includes(port)) return []
  const message = 'is not one of the usual ports for encrypted mail (465, 587, 993)'
  return [problem(['port'], 'unusual_smtp_port', message)]
}
