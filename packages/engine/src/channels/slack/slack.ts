import { z } from 'zod'
import { secretSchema } from '../../config/secret.ts'
import { defineChannel } from '../channel-definition.ts'
import { messageNotBlank, messageSchema, retry_policy } from '../message.ts'
import { prefixed } from '../rules.ts'

export const slack = defineChannel({
  name: 'slack',
  schema: z
    .strictObject({ slack_url: secretSchema, message: messageSchema, retry_policy })
    .describe('Slack: an incoming webhook, https://hooks.slack.com/…'),
  keyField: 'slack_url',
  secrets: [{ field: 'slack_url', isUrl: true }],
  transport: 'http',
  rules: (config) => [...prefixed(config, 'slack_url', ['https://hooks.slack.com/']), ...messageNotBlank(config)],
})
