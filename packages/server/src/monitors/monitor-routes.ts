import { z } from 'zod'
import { filterText } from '../tenants/filter-text.ts'
import { jsonBodyOf } from '../tenants/json-body.ts'
import { pageQuery } from '../tenants/page.ts'
import { tenantRoute, type Route, type RouteReply } from '../tenants/route.ts'
import { etagOf } from '../tenants/version.ts'
import { writeContextOf } from '../tenants/write-context.ts'
import type { MonitorAnswer } from './monitor-answer.ts'
import {
  monitorAnswer,
  monitorBody,
  monitorPage,
  monitorReplaceBody,
  monitorVersionPage,
  savedMonitorAnswer,
  validationAnswer,
} from './monitor-schema.ts'
import type { MonitorService, SavedMonitor } from './monitor-service.ts'
import { severities } from './monitor-store.ts'

const list = '/tenants/:slug/monitors'
const one = '/tenants/:slug/monitors/:monitor_id'
const listParams = z.object({ slug: z.string() })
const oneParams = z.object({ slug: z.string(), monitor_id: z.string() })
const listQuery = z.object({
  ...pageQuery,
  q: filterText.optional().meta({ description: 'A part of the name or the id.' }),
  address: filterText.optional().meta({ description: 'A watched address, with or without 0x, in any letter case.' }),
  network: filterText.optional().meta({ description: 'A network_id.' }),
  trigger: filterText.optional().meta({ description: 'A trigger_id.' }),
  state: z.enum(['active', 'paused']).optional(),
  severity: z.enum(severities).optional(),
})
const tag = 'monitors'

export function createMonitorRoutes(service: MonitorService): Route[] {
  return [...createReadRoutes(service), ...createWriteRoutes(service), ...createVerbRoutes(service)]
}

function createReadRoutes(service: MonitorService): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listMonitors',
      summary: 'List monitors, newest first',
      tag,
      permission: 'monitors:read',
      params: listParams,
      query: listQuery,
      responses: { 200: monitorPage },
      handler: async ({ tenant, query, read }) => ({
        status: 200,
        body: await read((tx) => service.list(tx, tenant.id, query)),
      }),
    }),
    tenantRoute({
      method: 'GET',
      path: one,
      operationId: 'getMonitor',
      summary: 'Read a monitor and how it is doing',
      tag,
      permission: 'monitors:read',
      params: oneParams,
      responses: { 200: monitorAnswer },
      handler: async ({ tenant, params, read }) =>
        answered(await read((tx) => service.get(tx, tenant.id, params.monitor_id))),
    }),
    tenantRoute({
      method: 'GET',
      path: `${one}/versions`,
      operationId: 'listMonitorVersions',
      summary: 'List the saved states of a monitor, newest first',
      tag,
      permission: 'monitors:read',
      params: oneParams,
      query: z.object(pageQuery),
      responses: { 200: monitorVersionPage },
      handler: async ({ tenant, params, query, read }) => ({
        status: 200,
        body: await read((tx) => service.listVersions(tx, tenant.id, params.monitor_id, query)),
      }),
    }),
  ]
}

function createWriteRoutes(service: MonitorService): Route[] {
  return [
    tenantRoute({
      method: 'POST',
      path: list,
      operationId: 'createMonitor',
      summary: 'Create a monitor',
      description: 'References are resolved now: an own network first, then a shared one. No node is contacted.',
      tag,
      permission: 'monitors:write',
      params: listParams,
      body: monitorBody,
      bodyValidation: 'service',
      responses: { 201: savedMonitorAnswer },
      handler: async (input) =>
        input.write(async (tx) => saved(201, await service.create(tx, writeContextOf(input), jsonBodyOf(input.body)))),
    }),
    tenantRoute({
      method: 'PUT',
      path: one,
      operationId: 'replaceMonitor',
      summary: 'Replace a monitor',
      description: 'A network that the monitor had stays bound to what it was resolved to.',
      tag,
      permission: 'monitors:write',
      params: oneParams,
      body: monitorReplaceBody,
      bodyValidation: 'service',
      responses: { 200: savedMonitorAnswer },
      handler: async (input) =>
        input.write(async (tx) =>
          saved(200, await service.replace(tx, writeContextOf(input), input.params.monitor_id, jsonBodyOf(input.body))),
        ),
    }),
    tenantRoute({
      method: 'PATCH',
      path: one,
      operationId: 'patchMonitor',
      summary: 'Change a monitor by a JSON merge patch',
      description:
        'RFC 7396 on the written form of the monitor. As the RFC says, null deletes a key, also inside the configuration; ' +
        'an array is replaced as a whole.',
      tag,
      permission: 'monitors:write',
      params: oneParams,
      body: z.record(z.string(), z.unknown()),
      bodyValidation: 'service',
      responses: { 200: savedMonitorAnswer },
      handler: async (input) =>
        input.write(async (tx) =>
          saved(200, await service.patch(tx, writeContextOf(input), input.params.monitor_id, jsonBodyOf(input.body))),
        ),
    }),
    tenantRoute({
      method: 'DELETE',
      path: one,
      operationId: 'deleteMonitor',
      summary: 'Delete a monitor',
      description: 'Its id may be used again. Matches and deliveries stay.',
      tag,
      permission: 'monitors:write',
      params: oneParams,
      responses: { 204: null },
      handler: async (input) =>
        input.write(async (tx) => {
          await service.remove(tx, writeContextOf(input), input.params.monitor_id)
          return { status: 204 }
        }),
    }),
  ]
}

function createVerbRoutes(service: MonitorService): Route[] {
  return [
    tenantRoute({
      method: 'POST',
      path: `${list}/validate`,
      operationId: 'validateMonitor',
      summary: 'Check a monitor without saving it',
      description:
        'Says everything that saving would say: for a new monitor, or in place of the one that has its monitor_id. ' +
        'Estimates the RPC requests that the monitor would add.',
      tag,
      permission: 'monitors:write',
      params: listParams,
      body: monitorBody,
      bodyValidation: 'service',
      responses: { 200: validationAnswer },
      handler: async ({ tenant, body, read }) => ({
        status: 200,
        body: await read((tx) => service.validate(tx, tenant.id, jsonBodyOf(body))),
      }),
    }),
    tenantRoute({
      method: 'POST',
      path: `${one}/pause`,
      operationId: 'pauseMonitor',
      summary: 'Pause a monitor',
      tag,
      permission: 'monitors:write',
      params: oneParams,
      responses: { 200: monitorAnswer },
      handler: async (input) =>
        input.write(async (tx) => answered(await service.pause(tx, writeContextOf(input), input.params.monitor_id))),
    }),
    tenantRoute({
      method: 'POST',
      path: `${one}/resume`,
      operationId: 'resumeMonitor',
      summary: 'Resume a paused monitor',
      tag,
      permission: 'monitors:write',
      params: oneParams,
      responses: { 200: monitorAnswer },
      handler: async (input) =>
        input.write(async (tx) => answered(await service.resume(tx, writeContextOf(input), input.params.monitor_id))),
    }),
  ]
}

function answered(monitor: MonitorAnswer): RouteReply {
  return { status: 200, body: monitor, headers: { etag: etagOf(monitor.version) } }
}

function saved(status: number, { monitor, warnings }: SavedMonitor): RouteReply {
  return { status, body: { ...monitor, warnings }, headers: { etag: etagOf(monitor.version) } }
}
