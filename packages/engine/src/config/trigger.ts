import { z } from 'zod'
import { isEmailAddress } from './email-address.ts'
import { u16 } from './integer.ts'
import { retryPolicySchema } from './retry-policy.ts'
import { scriptSchema } from './script.ts'
import { secretSchema } from './secret.ts'

/** In the order in which a `config` is tried against the shapes (spec/01 §8.2). */
export const triggerTypes = ['slack', 'email', 'webhook', 'telegram', 'discord', 'script'] as const
export type TriggerType = (typeof triggerTypes)[number]

const messageSchema = z
  .strictObject({ title: z.string(), body: z.string() })
  .describe('The text to send; `${…}` is replaced by values of the match.')

const retry_policy = retryPolicySchema.exactOptional()

const emailAddressSchema = z
  .string()
  .refine(isEmailAddress, {
    error: 'must be an e-mail address such as alerts@example.org',
    params: { code: 'invalid_email' },
  })
  .describe('An e-mail address, also in the form `Name <local@domain>`.')

const slackSchema = z
  .strictObject({ slack_url: secretSchema, message: messageSchema, retry_policy })
  .describe('Slack: an incoming webhook, https://hooks.slack.com/…')

const emailSchema = z
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
  .describe('E-mail over SMTP.')

const webhookSchema = z
  .strictObject({
    url: secretSchema,
    method: z.string().nullable().exactOptional().describe('GET, POST (default), PUT or DELETE.'),
    secret: secretSchema.nullable().exactOptional().describe('Key of the HMAC signature.'),
    headers: z.record(z.string(), z.string()).nullable().exactOptional().describe('Further request headers.'),
    message: messageSchema.exactOptional(),
    payload_mode: z
      .enum(['template', 'raw'])
      .exactOptional()
      .describe('`template` (default) sends the message, `raw` the match itself.'),
    retry_policy,
  })
  .describe('An HTTP request to any receiver.')

const telegramSchema = z
  .strictObject({
    token: secretSchema,
    chat_id: z.string(),
    disable_web_preview: z.boolean().nullable().exactOptional(),
    message: messageSchema,
    retry_policy,
  })
  .describe('Telegram: a bot and a chat.')

const discordSchema = z
  .strictObject({ discord_url: secretSchema, message: messageSchema, retry_policy })
  .describe('Discord: a webhook, https://discord.com/api/webhooks/…')

export const triggerConfigSchemas = {
  slack: slackSchema,
  email: emailSchema,
  webhook: webhookSchema,
  telegram: telegramSchema,
  discord: discordSchema,
  script: scriptSchema,
} as const satisfies Record<TriggerType, z.ZodType>

/**
 * One trigger in the form of spec/01 §8. `config` has one of six shapes whose required fields are disjoint; a shape
 * that does not belong to `trigger_type` is accepted as it is there (see `checkTrigger`, which warns).
 */
export const triggerSchema = z
  .strictObject({
    name: z.string().min(1, { error: 'must not be empty' }).describe('A label for people.'),
    trigger_type: z.enum(triggerTypes).describe('The channel; it decides what `config` holds.'),
    config: z
      .union([slackSchema, emailSchema, webhookSchema, telegramSchema, discordSchema, scriptSchema])
      .describe('The settings of the channel.'),
  })
  .meta({ title: 'Trigger configuration', description: 'A trigger in the format of OpenZeppelin Monitor.' })

export type TriggerConfig = z.infer<typeof triggerSchema>
export type SlackConfig = z.infer<typeof slackSchema>
export type EmailConfig = z.infer<typeof emailSchema>
export type WebhookConfig = z.infer<typeof webhookSchema>
export type TelegramConfig = z.infer<typeof telegramSchema>
export type DiscordConfig = z.infer<typeof discordSchema>

/** The channel whose shape `config` has, which need not be the `trigger_type` (spec/02 §2.1). */
export function triggerConfigKind(config: TriggerConfig['config']): TriggerType {
  if ('slack_url' in config) return 'slack'
  if ('host' in config) return 'email'
  if ('url' in config) return 'webhook'
  if ('token' in config) return 'telegram'
  if ('discord_url' in config) return 'discord'
  return 'script'
}
