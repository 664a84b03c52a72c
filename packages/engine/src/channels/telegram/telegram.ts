import { z } from 'zod'
import type { Problem } from '../../config/problem.ts'
import { member } from '../../config/record.ts'
import { plainText, secretSchema } from '../../config/secret.ts'
import { isBlank } from '../../config/text.ts'
import { defineChannel } from '../channel-definition.ts'
import { bodyAtMost, messageNotBlank, messageSchema, retry_policy } from '../message.ts'
import { notBlank, problem } from '../rules.ts'

export const telegram = defineChannel({
  name: 'telegram',
  schema: z
    .strictObject({
      token: secretSchema,
      chat_id: z.string(),
      disable_web_preview: z.boolean().nullable().exactOptional(),
      message: messageSchema,
      retry_policy,
    })
    .describe('Telegram: a bot and a chat.'),
  keyField: 'token',
  secrets: [{ field: 'token', isUrl: false }],
  transport: 'http',
  rules: (config) => [...addressProblems(config), ...messageNotBlank(config), ...bodyAtMost(config, 4096)],
})

function addressProblems(config: unknown): Problem[] {
  const problems = notBlank(member(config, 'chat_id'), ['chat_id'])
  const token = plainText(member(config, 'token'))
  if (token === undefined) return problems
  if (isBlank(token)) return [...notBlank(token, ['token', 'value']), ...problems]
  if (/^\d{8,10}:[A-Za-z0-9_-]{35}$/.test(token)) return problems
  const message = 'must be a bot token: 8 to 10 digits, a colon, and exactly 35 of the characters A-Z a-z 0-9 _ -'
  return [problem(['token', 'value'], 'invalid_format', message), ...problems]
}
