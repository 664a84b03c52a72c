import { z } from 'zod'
import { sentMessageIn, type SentMessage } from '../sent-message.ts'

const named = z.object({ result: z.object({ message_id: z.int().positive() }) })
const stored = z.object({ chat: z.string(), message: z.string().regex(/^\d{1,16}$/) })

/** What Telegram calls the message it made. Its number counts in one chat only. */
export function messageNamedIn(body: string, chatId: string): SentMessage | undefined {
  const answer = sentMessageIn(body, named)
  return answer === undefined || chatId.length > 128
    ? undefined
    : { chat: chatId, message: String(answer.result.message_id) }
}

/** Makes a message answer another one of the same chat, or stand alone when that one is gone. */
export function replyTo(sent: SentMessage | undefined, chatId: string): object {
  const message = stored.safeParse(sent).data
  if (message === undefined || message.chat !== chatId) return {}
  return { reply_parameters: { message_id: Number(message.message), allow_sending_without_reply: true } }
}
