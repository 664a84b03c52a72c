import type { ChannelConfig } from '@smt/engine'
import type { Alert } from '../channel.ts'
import { messageId } from '../message-id.ts'
import { messageText } from '../message-parts.ts'
import { sortedJson } from '../sorted-json.ts'

/**
 * The bytes of a webhook, all keys sorted (spec/02 §3.1, §3.7).
 *
 * - `payload_mode: template` (default): `{"body", "title"}`, rendered.
 * - `payload_mode: raw`: the match object, `{"EVM": {…}}`; no template is evaluated.
 *
 * A digest stands for more matches of one block than are told one by one:
 *
 * - template: the title of the first match; the body is `<n> matches of <monitor> in block <number>, the first: ` and
 *   the body of the first match.
 * - raw: `{"digest": {"block_hash", "block_number", "first_match", "match_count", "monitor", "network_slug"}}`, where
 *   `first_match` is the match object of the first transaction.
 *
 * A digest of alerts that waited while the receiver answered 429 says so instead of naming one block for all; in raw mode
 * it has `"is_gathered": true`, and `link` when the installation knows its address.
 *
 * A retraction is what it takes back with `"retracted": true` beside it, `retracts` with the `webhook-id` of that message, and in
 * template mode `Retracted: ` before the title: people who read titles are not to take it for another alert.
 *
 * @throws ChannelError when the values of the match make the text longer than can be sent.
 */
export function webhookBody(config: Pick<ChannelConfig<'webhook'>, 'message' | 'payload_mode'>, alert: Alert): string {
  const body = config.payload_mode === 'raw' ? rawBody(alert) : templateBody(config.message, alert)
  if (alert.isRetraction !== true) return sortedJson(body)
  const { takesBack } = alert
  const retracts = takesBack === undefined ? {} : { retracts: messageId(takesBack.deliveryId) }
  return sortedJson({ ...body, retracted: true, ...retracts })
}

function rawBody({ match, digest }: Alert): object {
  if (digest === undefined) return match
  return {
    digest: {
      block_hash: digest.blockHash,
      block_number: digest.blockNumber,
      first_match: match,
      ...(digest.isGathered === true ? { is_gathered: true } : {}),
      ...(digest.link === undefined ? {} : { link: digest.link }),
      match_count: digest.matchCount,
      monitor: digest.monitorName,
      network_slug: digest.networkSlug,
    },
  }
}

function templateBody(message: ChannelConfig<'webhook'>['message'], alert: Alert): object {
  return messageText(message ?? { title: '', body: '' }, alert)
}
