import type { FastifyRequest } from 'fastify'
import { AppError } from '../platform/errors.ts'

/** Refuses a body that is not plain JSON in UTF-8, before any of it is read. */
export function assertJsonContent(method: string, headers: FastifyRequest['headers']): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (!hasBody) return
  const [mediaType = '', ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase())
  const isJson =
    mediaType === 'application/json' || (method === 'PATCH' && mediaType === 'application/merge-patch+json')
  const isUtf8 = parameters.every((text) => !text.startsWith('charset=') || /^charset="?utf-8"?$/.test(text))
  const isPlain = (headers['content-encoding'] ?? 'identity').toLowerCase() === 'identity'
  if (isJson && isUtf8 && isPlain) return
  throw new AppError('unsupported_media_type', 'Send application/json in UTF-8, without compression.')
}
