import { z } from 'zod'
import { assertMay } from '../tenants/authenticate.ts'
import { tenantRoute, type Route } from '../tenants/route.ts'
import { writeContextOf } from '../tenants/write-context.ts'
import { triggerTestAnswer, triggerTestBody } from './trigger-test-schema.ts'
import type { TriggerTester } from './trigger-test-service.ts'

export function createTriggerTestRoutes(tester: TriggerTester): Route[] {
  return [
    tenantRoute({
      method: 'POST',
      path: '/tenants/:slug/triggers/:trigger_id/test',
      operationId: 'testTrigger',
      summary: 'Send a sample through a trigger, once',
      description:
        'The receiver gets it like an alert, with a `webhook-id` of its own; it is not repeated and becomes no delivery. ' +
        'A disabled trigger is tested like any other and stays disabled: save it to enable it. ' +
        'A tenant may run two tests at once and begin 20 a minute. Each call sends: an Idempotency-Key changes nothing.',
      tag: 'triggers',
      permission: 'triggers:write',
      params: z.object({ slug: z.string(), trigger_id: z.string() }),
      body: triggerTestBody,
      responses: { 200: triggerTestAnswer },
      handler: async (input) => {
        const { sample } = input.body
        // The answer shows what a match says: a key that may not read matches does not learn it here.
        if ('match_id' in sample) assertMay(input.authority, 'matches:read')
        const result = await tester.test(writeContextOf(input), input.params.trigger_id, sample)
        const { outcome, httpStatus, errorClass, latencyMs, advice, disabledAt, request } = result
        const body = {
          outcome,
          http_status: httpStatus,
          error_class: errorClass,
          latency_ms: latencyMs,
          advice,
          trigger_disabled_at: disabledAt,
          request,
        }
        return { status: 200, body }
      },
    }),
  ]
}
