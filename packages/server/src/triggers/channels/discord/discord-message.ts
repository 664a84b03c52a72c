import { z } from 'zod'
import { sentMessageIn, type SentMessage } from '../sent-message.ts'

const snowflake = z.string().regex(/^\d{1,20}$/)
const named = z.object({ id: snowflake, channel_id: snowflake, guild_id: snowflake.optional() })
const stored = z.object({ message_id: snowflake, channel_id: snowflake, guild_id: snowflake })

/** Discord answers with the message only when it is asked to wait for it. */
export function withWait(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  url.searchParams.set('wait', 'true')
  return url.href
}

/** What Discord calls the message it made. */
export function messageNamedIn(body: string): SentMessage | undefined {
  const message = sentMessageIn(body, named)
  if (message === undefined) return undefined
  const { id: message_id, channel_id, guild_id } = message
  return { message_id, channel_id, ...(guild_id === undefined ? {} : { guild_id }) }
}

/** Where people see a message; undefined when Discord did not say in which server it is. A webhook cannot reply. */
export function linkTo(sent: SentMessage | undefined): string | undefined {
  const message = stored.safeParse(sent).data
  if (message === undefined) return undefined
  return `https://discord.com/channels/${message.guild_id}/${message.channel_id}/${message.message_id}`
}
