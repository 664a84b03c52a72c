import { createHmac } from 'node:crypto'

/** HMAC-SHA256 of the body followed by the timestamp (Unix milliseconds, decimal), lower-case hex (spec/02 §3.8). */
export function signBody(secret: string, { body, timestamp }: { body: string; timestamp: string }): string {
  return createHmac('sha256', secret).update(body).update(timestamp).digest('hex')
}

/**
 * The signature of Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body` (timestamp in Unix seconds), base64, as
 * `v1,<signature>`. The key is the secret's UTF-8 bytes, or what follows `whsec_` in base64.
 */
export function signMessage(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: string; body: string },
): string {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1]
  const key = encoded === undefined ? secret : Buffer.from(encoded, 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
