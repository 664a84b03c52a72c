import type { ChannelConfig } from '@smt/engine'
import { ChannelError, type Sending } from '../channel.ts'
import { messageId, retractionId } from '../message-id.ts'
import { signBody, signMessage } from './signature.ts'

/**
 * The headers of a webhook: `Content-Type`, then the signature when there is a secret, then the configured ones, which
 * replace earlier ones in any letter case (spec/02 §3.1, §3.7), and last `webhook-id`, with a secret `webhook-timestamp` and
 * `webhook-signature` (Standard Webhooks), and `webhook-incarnation`, which nothing replaces. An alert of the first
 * incarnation does not carry the latter: it is as it was before there were any.
 *
 * While a previous secret is valid `webhook-signature` holds two signatures, that of the new one first; `X-Signature` has
 * room for one, which is that of the new one.
 *
 * @throws ChannelError for a header that HTTP cannot carry, and for an empty secret.
 */
export function webhookHeaders(
  config: Pick<ChannelConfig<'webhook'>, 'secret' | 'headers'>,
  {
    body,
    deliveryId,
    partId,
    incarnation,
    isRetraction,
    previousSecret,
    now,
  }: Sending & { body: string; isRetraction: boolean },
): Record<string, string> {
  const headers = new Map<string, [name: string, value: string]>()
  const set = (name: string, value: string) => headers.set(name.toLowerCase(), [name, value])
  set('Content-Type', 'application/json')
  if (config.secret != null) {
    if (config.secret.value === '') throw new ChannelError('invalid_secret', 'the secret of the signature is empty')
    const timestamp = String(now.getTime())
    set('X-Signature', signBody(config.secret.value, { body, timestamp }))
    set('X-Timestamp', timestamp)
  }
  for (const [name, value] of Object.entries(config.headers ?? {})) set(checkedName(name), checkedValue(value))
  const id = isRetraction ? retractionId(deliveryId, partId) : messageId(deliveryId)
  set('webhook-id', id)
  for (const name of ['webhook-timestamp', 'webhook-signature']) headers.delete(name)
  if (config.secret != null) {
    const timestamp = String(Math.floor(now.getTime() / 1_000))
    set('webhook-timestamp', timestamp)
    const keys = [config.secret.value, ...(previousSecret === undefined ? [] : [previousSecret])]
    set('webhook-signature', keys.map((key) => signMessage(key, { id, timestamp, body })).join(' '))
  }
  headers.delete('webhook-incarnation')
  if (isRetraction || incarnation > 1) set('webhook-incarnation', String(incarnation))
  return Object.fromEntries(headers.values())
}

// They say whom the request is for (the URL does), how its bytes are framed and how the connection is used.
const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function checkedName(name: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || reserved.has(name.toLowerCase())) {
    throw new ChannelError('invalid_header', 'a configured header has a name that cannot be sent')
  }
  return name
}

function checkedValue(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) {
    throw new ChannelError('invalid_header', 'a configured header has a value that cannot be sent')
  }
  // HTTP libraries write one byte per character: this way the bytes on the wire are the UTF-8 of the value.
  return Buffer.from(value, 'utf8').toString('latin1')
}
