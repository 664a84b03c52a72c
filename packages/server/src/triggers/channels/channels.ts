import { triggerConfigKind, type TriggerConfig } from '@smt/engine'
import { ChannelError, type Channel, type ChannelKind } from './channel.ts'
import { discordChannel } from './discord/discord-channel.ts'
import { emailChannel } from './email/email-channel.ts'
import { slackChannel } from './slack/slack-channel.ts'
import { telegramChannel } from './telegram/telegram-channel.ts'
import { webhookChannel } from './webhook/webhook-channel.ts'

const channels: Record<ChannelKind, Channel> = {
  slack: slackChannel,
  discord: discordChannel,
  telegram: telegramChannel,
  email: emailChannel,
  webhook: webhookChannel,
}

/** The channel of a trigger: the shape of its settings decides, as in OZ Monitor (spec/02 §2.1). */
export function channelOf(configuration: TriggerConfig): Channel {
  const kind = triggerConfigKind(configuration.config)
  if (kind === 'script') throw new ChannelError('unsupported_channel', 'scripts are not supported yet')
  return channels[kind]
}
