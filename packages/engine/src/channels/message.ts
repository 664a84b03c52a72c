import { z } from 'zod'
import type { Problem } from '../config/problem.ts'
import { member } from '../config/record.ts'
import { retryPolicySchema } from '../config/retry-policy.ts'
import { utf8Length } from '../config/text.ts'
import { notBlank, problem } from './rules.ts'

export const messageSchema = z
  .strictObject({ title: z.string(), body: z.string() })
  .describe('The text to send; `${…}` is replaced by values of the match.')

export const retry_policy = retryPolicySchema.exactOptional()

export function messageNotBlank(config: unknown): Problem[] {
  return (['title', 'body'] as const).flatMap((part) => notBlank(messagePart(config, part), ['message', part]))
}

/** The length is that of the template, in bytes of UTF-8. */
export function bodyAtMost(config: unknown, lengthMax: number): Problem[] {
  const body = messagePart(config, 'body')
  if (body === undefined || utf8Length(body) <= lengthMax) return []
  return [problem(['message', 'body'], 'too_long', `must have at most ${lengthMax} bytes (in UTF-8)`)]
}

export function messagePart(config: unknown, part: 'title' | 'body'): string | undefined {
  const value = member(member(config, 'message'), part)
  return typeof value === 'string' ? value : undefined
}
