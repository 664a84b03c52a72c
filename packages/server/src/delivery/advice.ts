/**
 * What a tenant can do about a failed attempt, from what it may know of it: the error class and the status. Whoever could
 * not be reached, for whatever reason, reads the same (security.md, section 4, item 2).
 */
export function adviceFor(errorClass: string, httpStatus: number | null): string {
  return (
    (httpStatus !== null && errorClass.startsWith('http_') ? adviceByStatus[httpStatus] : undefined) ??
    adviceByClass[errorClass] ??
    'Look at the configuration of the trigger and at the log of the receiver.'
  )
}

/** What a tenant can do about a trigger that is disabled, once a test of it succeeds. */
export const adviceForDisabled =
  'The trigger is disabled, so alerts are not sent through it: when this test succeeds, save the trigger to enable it ' +
  '(an empty PATCH is enough), then replay its dead deliveries.'

const adviceByStatus: Record<number, string> = {
  400: 'The receiver does not understand the message. Compare it with what the receiver expects.',
  401: 'The receiver refuses the credentials. Check the token, the secret and the headers of the trigger.',
  403: 'The receiver refuses the sender. Check the token, the secret and the headers of the trigger.',
  404: 'The receiver knows no such address. Check the path of the URL; a chat webhook may have been deleted.',
  405: 'The receiver does not take this method. Change `method`.',
  408: 'The receiver waited too long for the request. Try again.',
  410: 'The receiver says that this address is gone for good. Create a new one there and change the URL.',
  413: 'The message is too large for the receiver. Shorten the template.',
  415: 'The receiver does not take JSON, or wants another `Content-Type` header.',
  422: 'The receiver understands the message but refuses its content. Compare it with what the receiver expects.',
  429: 'The receiver is being called too often. Try again later; alerts wait as long as it asks for.',
}

const adviceByClass: Record<string, string> = {
  unreachable:
    'The receiver could not be reached. Check host and port: the host must resolve to public addresses only, accept the ' +
    'connection within 5 seconds and, with TLS, show a valid certificate for its name.',
  timeout:
    'The receiver did not answer in full within 10 seconds (an SMTP server: 25). Let it answer first and work afterwards.',
  connection_lost: 'The receiver ended the connection before its answer was complete. Look at its log.',
  invalid_response: 'What answered does not speak HTTP. Check the port and whether it is http or https.',
  invalid_url: 'The URL cannot be used: it must begin with http:// or https:// and hold no user name or password.',
  body_too_large: 'The answer of the receiver is larger than 1 MiB. A short answer is enough: only the status counts.',
  message_refused: 'The service refuses this message. Simplify the template and try again.',
  not_allowed:
    'The service does not let us write there. Add the bot or the app to the chat again, or check its rights.',
  channel_gone:
    'The service knows no such webhook or chat any more. Create a new one there and put it into the trigger.',
  invalid_token: 'The service does not know the token of the bot. Put the current one into the trigger.',
  rate_limited: 'The service is being called too often. Try again later; alerts wait as long as it asks for.',
  smtp_4xx: 'The mail server does not take the message for now. Its log should say why; alerts are repeated.',
  recipients_refused:
    'The mail server refuses some of the recipients for good; the others have it. Check their addresses.',
  smtp_5xx: 'The mail server refuses the message. Check user name, password, sender and recipients.',
  http_1xx:
    'The receiver answered with an interim status alone. Any status from 200 to 299 means that it has the alert.',
  http_3xx: 'The receiver redirects. Redirects are not followed: put the final URL into the trigger.',
  http_4xx: 'The receiver refuses the request. Its log should say why.',
  http_5xx: 'The receiver failed. Look at its log; alerts are repeated for 24 hours.',
}
