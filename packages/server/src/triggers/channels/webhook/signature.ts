import { createHmac } from 'node:crypto'

/** HMAC-SHA256 of the body followed by the timestamp (Unix milliseconds, decimal), lower-case hex (spec/02 §3.8). */
export function signBody(secret: string, { body, timestamp }: { body: string; timestamp: string }): string {
  return createHmac('sha256', secret).update(body).update(timestamp).digest('hex')
}
