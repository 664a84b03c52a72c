import { z } from 'zod'
import { secretSchema } from '../../config/secret.ts'
import { defineChannel } from '../channel-definition.ts'
import { bodyAtMost, messageNotBlank, messageSchema, retry_policy } from '../message.ts'
import { prefixed } from '../rules.ts'

export const discord = defineChannel({
  name: 'discord',
  schema: z
    .strictObject({ discord_url: secretSchema, message: messageSchema, retry_policy })
    .describe('Discord: a webhook, https://discord.com/api/webhooks/…'),
  keyField: 'discord_url',
  secrets: [{ field: 'discord_url', isUrl: true }],
  transport: 'http',
  rules: (config) => [
    ...prefixed(config, 'discord_url', ['https://discord.com/api/webhooks/']),
    ...messageNotBlank(config),
    ...bodyAtMost(config, 2000),
  ],
})
