import { triggerConfigKind, type TriggerConfig } from '@smt/engine'
import { ChannelError, type Channel, type ChannelKind } from './channel.ts'
import { discordChannel } from './discord/discord-channel.ts'
import { emailChannel } from './email/email-channel.ts'
import { slackChannel } from './slack/slack-channel.ts'
import { telegramChannel } from './telegram/telegram-channel.ts'
import { webhookChannel } from './webhook/webhook-channel.ts'

/** How each channel of the engine's registry that is sent is rendered and sent. */
const channels: Readonly<Record<ChannelKind, Channel>> = {
  slack: slackChannel,
  discord: discordChannel,
  telegram: telegramChannel,
  email: emailChannel,
  webhook: webhookChannel,
}

const channelsByKind: ReadonlyMap<string, Channel> = new Map(Object.entries(channels))

/** The channel of a trigger: the shape of its settings decides, as in OZ Monitor (spec/02 §2.1). */
export function channelOf(configuration: TriggerConfig): Channel {
  const kind = triggerConfigKind(configuration.config)
  const channel = channelsByKind.get(kind)
  if (channel === undefined) throw new ChannelError('unsupported_channel', `nothing is sent by ${kind} yet`)
  return channel
}
