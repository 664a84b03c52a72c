import type { ChannelConfig, TriggerConfig } from '@smt/engine'
import type { EgressResponse } from '../../../platform/egress/egress.ts'
import { ChannelError, type Alert, type Channel, type ChannelRequest, type Verdict } from '../channel.ts'
import { httpMessage, interpretAnswer, refused } from '../http-message.ts'
import { sortedJson } from '../sorted-json.ts'
import { chatParts } from '../taken-back.ts'
import { slackText } from './slack-text.ts'

/** An incoming webhook of Slack (spec/02 §3.4). It names no message, so a retraction says in words what it takes back. */
export const slackChannel: Channel = {
  kind: 'slack',
  prepare: (configuration, alert) => httpMessage(slackRequest(configuration, alert), interpretSlack),
  retryPolicy: (configuration) => settingsOf(configuration).retry_policy,
}

export function slackRequest(configuration: TriggerConfig, alert: Alert): ChannelRequest {
  const { slack_url, message } = settingsOf(configuration)
  const content = slackText(chatParts(message, alert))
  return {
    url: slack_url.value,
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: sortedJson({ blocks: [{ type: 'section', text: { type: 'mrkdwn', text: content } }] }),
  }
}

/** 400, 403, 404 and 410 stay what they are: the payload, a policy, a webhook or a channel that is gone. */
export function interpretSlack(response: EgressResponse, now: Date): Verdict {
  switch (response.status) {
    case 400:
      return refused(400, 'message_refused')
    case 401:
    case 403:
      return refused(response.status, 'not_allowed')
    case 404:
    case 410:
      return refused(response.status, 'channel_gone')
    default:
      return interpretAnswer(response, now)
  }
}

function settingsOf({ config }: TriggerConfig): ChannelConfig<'slack'> {
  if (!('slack_url' in config)) throw new ChannelError('unsupported_channel', 'the settings are not those of Slack')
  return config
}
