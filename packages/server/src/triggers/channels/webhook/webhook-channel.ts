import type { TriggerConfig, ChannelConfig } from '@smt/engine'
import { ChannelError, type Alert, type Channel, type ChannelRequest, type Sending } from '../channel.ts'
import { httpMessage } from '../http-message.ts'
import { webhookBody } from './webhook-body.ts'
import { webhookHeaders } from './webhook-headers.ts'

/**
 * An HTTP request to any receiver (spec/02 §3.1, §3.7, §3.8): the configured method as it is spelled, POST by default;
 * a body with every method; URL and headers are no templates.
 */
export const webhookChannel: Channel = {
  kind: 'webhook',
  prepare: (configuration, alert, sending) => httpMessage(webhookRequest(configuration, alert, sending)),
  retryPolicy: (configuration) => settingsOf(configuration).retry_policy,
  textSettings: { payload_mode: 'template' },
}

/** @throws ChannelError when no request can be made of this configuration. */
export function webhookRequest(configuration: TriggerConfig, alert: Alert, sending: Sending): ChannelRequest {
  const config = settingsOf(configuration)
  const body = webhookBody(config, alert)
  return {
    url: config.url.value,
    method: config.method ?? 'POST',
    headers: webhookHeaders(config, { ...sending, isRetraction: alert.isRetraction === true, body }),
    body,
  }
}

function settingsOf({ config }: TriggerConfig): ChannelConfig<'webhook'> {
  if (!('url' in config)) throw new ChannelError('unsupported_channel', 'the settings are not those of a webhook')
  return config
}
