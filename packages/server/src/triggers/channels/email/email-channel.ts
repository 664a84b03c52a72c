import type { ChannelConfig, TriggerConfig } from '@smt/engine'
import { ChannelError, type Channel, type ChannelRequest, type PreparedMessage } from '../channel.ts'
import { emailMessage, type EmailMessage } from './email-message.ts'
import type { RecipientStates } from '../recipient-states.ts'
import { judgeReply, recipientsLeft } from './recipients.ts'
import { sendOverSmtp, type SmtpServer, type SmtpTls } from './smtp.ts'

/** The port of implicit TLS, and the default (spec/02 §4.1). */
const implicitTlsPort = 465
/** Where servers begin in clear; STARTTLS is demanded there. Every other port is implicit TLS, as in OZ Monitor. */
const startTlsPorts: ReadonlySet<number> = new Set([25, 587, 2525, 2587])
/** Servers may let a stranger wait before they greet. */
const mailTimeoutMs = 25_000

/** E-mail through the tenant's SMTP server, always encrypted. `tls` says whom to trust besides the public authorities. */
export function createEmailChannel({ tls = {} }: { tls?: SmtpTls } = {}): Channel {
  return {
    kind: 'email',
    prepare: (configuration, alert, sending) => {
      const config = settingsOf(configuration)
      const port = Number(config.port ?? implicitTlsPort)
      const message = emailMessage(config, alert, sending)
      const server = {
        host: config.host,
        port,
        security: startTlsPorts.has(port) ? ('starttls' as const) : ('tls' as const),
        username: config.username.value,
        password: config.password.value,
        tls,
      }
      const messageTo = (recipients: readonly string[], before: RecipientStates | undefined): PreparedMessage => ({
        url: `smtps://${config.host}:${port}`,
        timeoutMs: mailTimeoutMs,
        rendered: renderedMail(server, message),
        send: async (egress) => {
          const reply = await sendOverSmtp(egress, { server, message, recipients, timeoutMs: mailTimeoutMs })
          if ('outcome' in reply) return reply
          const { verdict, left, recipients: states } = judgeReply(reply, before)
          if (left.length === 0 || Object.keys(states).length === 0) return verdict
          return { ...verdict, partly: { recipients: states, rest: messageTo(left, states) } }
        },
      })
      return messageTo(recipientsLeft(config.recipients, sending.recipients), sending.recipients)
    },
    retryPolicy: (configuration) => settingsOf(configuration).retry_policy,
  }
}

export const emailChannel = createEmailChannel()

function renderedMail({ host, port }: SmtpServer, { from, to, subject, text }: EmailMessage): ChannelRequest {
  const headers = { From: from, To: to.join(', '), Subject: subject }
  return { url: `smtps://${host}:${port}`, method: 'SMTP', headers, body: text }
}

function settingsOf({ config }: TriggerConfig): ChannelConfig<'email'> {
  if (!('host' in config)) throw new ChannelError('unsupported_channel', 'the settings are not those of e-mail')
  return config
}
