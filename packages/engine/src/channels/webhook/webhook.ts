import { z } from 'zod'
import type { Problem } from '../../config/problem.ts'
import { isRecord, member } from '../../config/record.ts'
import { secretSchema } from '../../config/secret.ts'
import { defineChannel } from '../channel-definition.ts'
import { messageNotBlank, messageSchema, retry_policy } from '../message.ts'
import { prefixed, problem } from '../rules.ts'

export const webhook = defineChannel({
  name: 'webhook',
  schema: z
    .strictObject({
      url: secretSchema,
      method: z.string().nullable().exactOptional().describe('GET, POST (default), PUT or DELETE.'),
      secret: secretSchema.nullable().exactOptional().describe('Key of the HMAC signature.'),
      headers: z.record(z.string(), z.string()).nullable().exactOptional().describe('Further request headers.'),
      message: messageSchema.exactOptional(),
      payload_mode: z
        .enum(['template', 'raw'])
        .exactOptional()
        .describe('`template` (default) sends the message, `raw` the match itself.'),
      retry_policy,
    })
    .describe('An HTTP request to any receiver.'),
  keyField: 'url',
  secrets: [
    { field: 'url', isUrl: true },
    { field: 'secret', isUrl: false, isSigningKey: true },
  ],
  transport: 'http',
  rules: (config) => [...prefixed(config, 'url', ['http://', 'https://']), ...requestProblems(config)],
  warnings: (config) => authenticationWarnings(member(config, 'headers')),
})

function requestProblems(config: unknown): Problem[] {
  const problems: Problem[] = []
  const method = member(config, 'method')
  if (typeof method === 'string' && !['GET', 'POST', 'PUT', 'DELETE'].includes(method.toUpperCase())) {
    problems.push(problem(['method'], 'invalid_value', 'must be GET, POST, PUT or DELETE'))
  }
  const mode = member(config, 'payload_mode')
  if (mode !== undefined && mode !== 'template') return problems
  if (member(config, 'message') !== undefined) return [...problems, ...messageNotBlank(config)]
  const message = 'is required, unless payload_mode is "raw"'
  return [...problems, problem(['message'], 'required', message)]
}

function authenticationWarnings(headers: unknown): Problem[] {
  if (isRecord(headers) && (Object.hasOwn(headers, 'X-API-Key') || Object.hasOwn(headers, 'Authorization'))) return []
  const message = 'has no header X-API-Key or Authorization (in these letters), so the receiver cannot tell who sends'
  return [problem(isRecord(headers) ? ['headers'] : [], 'missing_authentication', message)]
}
