import { createTransport } from 'nodemailer'
import { z } from 'zod'
import { EgressError } from '../../../platform/egress/egress-error.ts'
import type { ChannelEgress, Verdict } from '../channel.ts'
import type { EmailMessage } from './email-message.ts'

/** Whom to trust besides the public authorities. */
export type SmtpTls = { ca?: string; rejectUnauthorized?: boolean }

export type SmtpServer = {
  host: string
  port: number
  security: 'tls' | 'starttls'
  username: string
  password: string
  tls: SmtpTls
}

/** What a server said of the recipients that it was asked for: those it took, and the code of its refusal of the others. */
export type SmtpReply = { accepted: readonly string[]; refused: ReadonlyMap<string, number> }

/**
 * Hands a message to an SMTP server over a connection that the egress opened to a judged address; the certificate is checked
 * against the name. Nothing is said in clear beyond STARTTLS. Replies 5xx are final, 4xx are not. An answer about recipients is a
 * reply, also when all of them are refused.
 *
 * @throws EgressError when there was no reply.
 */
export async function sendOverSmtp(
  egress: Pick<ChannelEgress, 'connect'>,
  {
    server,
    message,
    recipients,
    timeoutMs,
  }: { server: SmtpServer; message: EmailMessage; recipients: readonly string[]; timeoutMs: number },
): Promise<SmtpReply | Verdict> {
  const { host, port, security, username, password, tls } = server
  const deadline = AbortSignal.timeout(timeoutMs)
  const socket = await egress.connect({ host, port, signal: deadline })
  const end = () => socket.destroy()
  deadline.addEventListener('abort', end, { once: true })
  const transport = createTransport({
    host,
    port,
    // Not the name of this machine.
    name: '[127.0.0.1]',
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    auth: { user: username, pass: password },
    tls: { minVersion: 'TLSv1.2', servername: host, ...tls },
    getSocket: (_options, callback) => callback(null, { connection: socket }),
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const { rejectedErrors = [] } = await transport.sendMail({
      ...message,
      envelope: { from: message.from, to: [...recipients] },
    })
    return replyOf(recipients, rejectedErrors) ?? { accepted: recipients, refused: new Map() }
  } catch (error) {
    const rejectedErrors = error instanceof Error && 'rejectedErrors' in error ? error.rejectedErrors : undefined
    return replyOf(recipients, rejectedErrors) ?? verdictOf(error, deadline.aborted)
  } finally {
    deadline.removeEventListener('abort', end)
    transport.close()
    socket.destroy()
  }
}

const rejections = z.array(z.object({ recipient: z.string(), responseCode: z.int() })).min(1)

/** Undefined when nobody was refused, and when it cannot be said who: a name may be written in another way there. */
function replyOf(recipients: readonly string[], rejectedErrors: unknown): SmtpReply | undefined {
  const { data } = rejections.safeParse(rejectedErrors)
  if (data === undefined) return undefined
  const codes = new Map(data.map(({ recipient, responseCode }) => [recipient.toLowerCase(), responseCode]))
  const refused = new Map<string, number>()
  for (const recipient of recipients) {
    const code = codes.get(recipient.toLowerCase())
    if (code !== undefined) refused.set(recipient, code)
  }
  if (refused.size < codes.size) return undefined
  return { accepted: recipients.filter((recipient) => !refused.has(recipient)), refused }
}

function verdictOf(error: unknown, isTimeout: boolean): Verdict {
  if (!(error instanceof Error)) throw error
  const reply = 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : 0
  if (reply >= 400) {
    const isFinal = reply >= 500
    const errorClass = isFinal ? 'smtp_5xx' : 'smtp_4xx'
    return { outcome: 'failed', status: null, errorClass, repeat: isFinal ? 'never' : 'soon', retryAfterMs: 0 }
  }
  const code = 'code' in error ? String(error.code) : ''
  if (isTimeout || code === 'ETIMEDOUT') throw new EgressError('timeout', 'request', { cause: error })
  if (/TLS|CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code) || /certificate|TLS/i.test(error.message)) {
    throw new EgressError('tls_failure', 'connect', { cause: error })
  }
  throw new EgressError('connection_lost', 'request', { cause: error })
}
