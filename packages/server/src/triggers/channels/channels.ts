import { triggerConfigKind, type TriggerConfig } from '@smt/engine'
import { ChannelError, type Channel, type ChannelKind } from './channel.ts'
import { webhookChannel } from './webhook/webhook-channel.ts'

const channels: Partial<Record<ChannelKind, Channel>> = {
  webhook: webhookChannel,
}

/** The channel of a trigger: the shape of its settings decides, as in OZ Monitor (spec/02 §2.1). */
export function channelOf(configuration: TriggerConfig): Channel {
  const kind = triggerConfigKind(configuration.config)
  const channel = kind === 'script' ? undefined : channels[kind]
  if (channel === undefined) {
    throw new ChannelError('unsupported_channel', `triggers of type ${kind} are not supported yet`)
  }
  return channel
}
