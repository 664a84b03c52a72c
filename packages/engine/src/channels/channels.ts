import { discord } from './discord/discord.ts'
import { email } from './email/email.ts'
import { script } from './script/script.ts'
import { slack } from './slack/slack.ts'
import { telegram } from './telegram/telegram.ts'
import { webhook } from './webhook/webhook.ts'

/** Every channel, in the order in which a `config` is tried against their shapes (spec/01 §8.2). */
export const channels = [slack, email, webhook, telegram, discord, script] as const

type RegisteredChannel = (typeof channels)[number]

export type TriggerType = RegisteredChannel['name']

/** The channels that messages can be sent through. */
export type SentTriggerType = Exclude<RegisteredChannel, { transport: null }>['name']

export const triggerTypes: readonly TriggerType[] = channels.map(({ name }) => name)
