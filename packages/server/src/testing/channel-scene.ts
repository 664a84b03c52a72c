import { triggerSchema, type TriggerConfig } from '@smt/engine'
import { matchObjectOf } from '../delivery/match-object.ts'
import type { Alert, Sending } from '../triggers/channels/channel.ts'
import { storedMatch } from './stored-alerts.ts'

const plain = (value: string) => ({ type: 'Plain', value })
export const sampleHash = `0x${'ab'.repeat(32)}`
export const sampleSending: Sending = {
  deliveryId: '018f0000-0000-7000-8000-00000000000a',
  incarnation: 1,
  now: new Date(1_700_000_000_000),
}

const settings = {
  slack: { slack_url: plain('https://hooks.slack.com/services/T/B/s3cret') },
  discord: { discord_url: plain('https://discord.com/api/webhooks/1/s3cret') },
  telegram: { token: plain(`12345678:${'s'.repeat(35)}`), chat_id: '-100200300' },
  email: {
    host: 'smtp.acme.example',
    username: plain('mailer'),
    password: plain('s3cret'),
    sender: 'Acme Alerts <alerts@acme.example>',
    recipients: ['ops@acme.example', 'dev@acme.example'],
  },
}

export type ChatKind = keyof typeof settings

/** A trigger of a kind with this message. */
export function chatTrigger(
  kind: ChatKind,
  message: { title: string; body: string },
  change: object = {},
): TriggerConfig {
  return triggerSchema.parse({
    name: 'Ops',
    trigger_type: kind,
    config: { ...settings[kind], message, ...change },
  })
}

/** An alert whose event `Note(string)` has these arguments; of those with one name the last counts. */
export function alertWith(args: Record<string, string>, alert: Partial<Alert> = {}): Alert {
  const list = Object.entries(args).map(([name, value]) => ({ name, value, indexed: false, kind: 'string' }))
  const signature = 'Note(string)'
  return {
    match: matchObjectOf(
      storedMatch(sampleHash, {
        matchedOn: { functions: [], events: [{ signature, expression: null }], transactions: [] },
        matchedOnArgs: { functions: null, events: [{ signature, args: list, hex_signature: '0x01' }] },
      }),
    ),
    ...alert,
  }
}
