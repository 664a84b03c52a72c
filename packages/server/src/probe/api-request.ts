import { stringifyJson } from '@smt/engine'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../platform/clock.ts'
import type { ProbeRequest } from './canary-objects.ts'

const triesMax = 5
const waitMaxS = 60

/** Requests to the API of this process, past the network but through everything that a request passes. */
export function createApiRequest({
  app,
  clock,
}: {
  app: Pick<FastifyInstance, 'inject'>
  clock: Pick<Clock, 'sleep'>
}): ProbeRequest {
  return async (method, path, { token, body }) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await app.inject({
        method: method === 'POST' ? 'POST' : 'GET',
        url: `/api/v1${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: stringifyJson(body) }),
      })
      const retryAfterS = Number(answer.headers['retry-after'])
      const isAskedToWait = [429, 503].includes(answer.statusCode) && retryAfterS <= waitMaxS
      if (!isAskedToWait || tries >= triesMax) return { status: answer.statusCode, text: answer.payload }
      await clock.sleep(retryAfterS * 1_000)
    }
  }
}
