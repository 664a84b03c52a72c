import { listSecrets } from '@smt/engine'
import { maskOfSecret, maskOfUrl } from '../tenants/secret-mask.ts'
import type { ChannelRequest } from '../triggers/channels/channel.ts'
import type { OpenTrigger } from '../triggers/open-trigger.ts'

/** Names of headers whose values let in whoever has them. */
const credentialHeader = /auth|cookie|key|pass|secret|token/i
/** Shorter ones would be found by accident everywhere. */
const secretLengthMin = 4

/** A request as a tenant may see it again: the end of its URL, its credentials and all secrets of the trigger masked. */
export function shownRequestOf(
  request: ChannelRequest,
  { configuration, previousSecret = '' }: OpenTrigger,
): ChannelRequest {
  const secrets = listSecrets('trigger', configuration)
    .map(({ secret }) => secret.value)
    .concat(previousSecret)
    .filter((value) => value.length >= secretLengthMin)
    .toSorted((a, b) => b.length - a.length)
  const hide = (text: string) => secrets.reduce((shown, secret) => shown.replaceAll(secret, maskOfSecret()), text)
  return {
    method: request.method,
    url: maskOfUrl(request.url),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        credentialHeader.test(name) ? maskOfSecret() : hide(value),
      ]),
    ),
    body: hide(request.body),
  }
}
