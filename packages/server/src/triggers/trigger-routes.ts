import { triggerTypes } from '@smt/engine'
import { z } from 'zod'
import { filterText } from '../tenants/filter-text.ts'
import { jsonBodyOf } from '../tenants/json-body.ts'
import { pageQuery } from '../tenants/page.ts'
import { tenantRoute, type Route } from '../tenants/route.ts'
import { etagOf } from '../tenants/version.ts'
import { writeContextOf } from '../tenants/write-context.ts'
import { triggerAnswer, triggerBody, triggerPage, triggerReplaceBody, savedTriggerAnswer } from './trigger-schema.ts'
import type { TriggerService, SavedTrigger } from './trigger-service.ts'

const list = '/tenants/:slug/triggers'
const one = '/tenants/:slug/triggers/:trigger_id'
const listParams = z.object({ slug: z.string() })
const oneParams = z.object({ slug: z.string(), trigger_id: z.string() })
const listQuery = z.object({
  ...pageQuery,
  q: filterText.optional().meta({ description: 'A part of the name or the id.' }),
  trigger_type: z.enum(triggerTypes).optional(),
})
const tag = 'triggers'

export function createTriggerRoutes(service: TriggerService): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listTriggers',
      summary: 'List triggers',
      tag,
      permission: 'triggers:read',
      params: listParams,
      query: listQuery,
      responses: { 200: triggerPage },
      handler: async ({ tenant, query, read }) => ({
        status: 200,
        body: await read((tx) => service.list(tx, tenant.id, query)),
      }),
    }),
    tenantRoute({
      method: 'POST',
      path: list,
      operationId: 'createTrigger',
      summary: 'Create a trigger',
      description: 'The configuration is one trigger object of OZ Monitor. No receiver is contacted.',
      tag,
      permission: 'triggers:write',
      params: listParams,
      body: triggerBody,
      bodyValidation: 'service',
      responses: { 201: savedTriggerAnswer },
      handler: async (input) =>
        input.write(async (tx) => saved(201, await service.create(tx, writeContextOf(input), jsonBodyOf(input.body)))),
    }),
    tenantRoute({
      method: 'GET',
      path: one,
      operationId: 'getTrigger',
      summary: 'Read a trigger',
      tag,
      permission: 'triggers:read',
      params: oneParams,
      responses: { 200: triggerAnswer },
      handler: async ({ tenant, params, read }) => {
        const trigger = await read((tx) => service.get(tx, tenant.id, params.trigger_id))
        return { status: 200, body: trigger, headers: { etag: etagOf(trigger.version) } }
      },
    }),
    tenantRoute({
      method: 'PUT',
      path: one,
      operationId: 'replaceTrigger',
      summary: 'Replace a trigger',
      description: 'A secret that is sent as its exact mask stays unchanged.',
      tag,
      permission: 'triggers:write',
      params: oneParams,
      body: triggerReplaceBody,
      bodyValidation: 'service',
      responses: { 200: savedTriggerAnswer },
      handler: async (input) =>
        input.write(async (tx) =>
          saved(200, await service.replace(tx, writeContextOf(input), input.params.trigger_id, jsonBodyOf(input.body))),
        ),
    }),
    tenantRoute({
      method: 'PATCH',
      path: one,
      operationId: 'patchTrigger',
      summary: 'Change a trigger by a JSON merge patch',
      description:
        'RFC 7396 on the written form of the trigger. As the RFC says, null deletes a key, also inside the configuration; ' +
        'an array is replaced as a whole.',
      tag,
      permission: 'triggers:write',
      params: oneParams,
      body: z.record(z.string(), z.unknown()),
      bodyValidation: 'service',
      responses: { 200: savedTriggerAnswer },
      handler: async (input) =>
        input.write(async (tx) =>
          saved(200, await service.patch(tx, writeContextOf(input), input.params.trigger_id, jsonBodyOf(input.body))),
        ),
    }),
    tenantRoute({
      method: 'DELETE',
      path: one,
      operationId: 'deleteTrigger',
      summary: 'Delete a trigger that no monitor uses',
      tag,
      permission: 'triggers:write',
      params: oneParams,
      responses: { 204: null },
      handler: async (input) =>
        input.write(async (tx) => {
          await service.remove(tx, writeContextOf(input), input.params.trigger_id)
          return { status: 204 }
        }),
    }),
  ]
}

function saved(status: number, { trigger, warnings }: SavedTrigger) {
  return { status, body: { ...trigger, warnings }, headers: { etag: etagOf(trigger.version) } }
}
