import { z } from 'zod'
import { filterText } from '../tenants/filter-text.ts'
import { jsonBodyOf } from '../tenants/json-body.ts'
import { pageQuery } from '../tenants/page.ts'
import { tenantRoute, type Route } from '../tenants/route.ts'
import { etagOf } from '../tenants/version.ts'
import { writeContextOf } from '../tenants/write-context.ts'
import { networkAnswer, networkBody, networkPage, networkStatusAnswer, savedNetworkAnswer } from './network-schema.ts'
import type { NetworkService, SavedNetwork } from './network-service.ts'

const list = '/tenants/:slug/networks'
const one = '/tenants/:slug/networks/:network_id'
const listParams = z.object({ slug: z.string() })
const oneParams = z.object({ slug: z.string(), network_id: z.string() })
const listQuery = z.object({
  ...pageQuery,
  q: filterText.optional().meta({ description: 'A part of the name or the id.' }),
  network_type: z.enum(['EVM', 'Stellar', 'Solana', 'Midnight']).optional(),
})
const tag = 'networks'

export function createNetworkRoutes(service: NetworkService): Route[] {
  return [
    tenantRoute({
      method: 'GET',
      path: list,
      operationId: 'listNetworks',
      summary: 'List networks: own ones, then those that the operator shares',
      tag,
      permission: 'networks:read',
      params: listParams,
      query: listQuery,
      responses: { 200: networkPage },
      handler: async ({ tenant, query, read }) => ({
        status: 200,
        body: await read((tx) => service.list(tx, tenant.id, query)),
      }),
    }),
    tenantRoute({
      method: 'POST',
      path: list,
      operationId: 'createNetwork',
      summary: 'Create a network',
      description: 'The id of a network is the slug of its configuration. No endpoint is contacted.',
      tag,
      permission: 'networks:write',
      params: listParams,
      body: networkBody,
      bodyValidation: 'service',
      responses: { 201: savedNetworkAnswer },
      handler: async (input) =>
        input.write(async (tx) => saved(201, await service.create(tx, writeContextOf(input), jsonBodyOf(input.body)))),
    }),
    tenantRoute({
      method: 'GET',
      path: one,
      operationId: 'getNetwork',
      summary: 'Read a network',
      tag,
      permission: 'networks:read',
      params: oneParams,
      responses: { 200: networkAnswer },
      handler: async ({ tenant, params, read }) => {
        const network = await read((tx) => service.get(tx, tenant.id, params.network_id))
        return { status: 200, body: network, headers: { etag: etagOf(network.version) } }
      },
    }),
    tenantRoute({
      method: 'PUT',
      path: one,
      operationId: 'replaceNetwork',
      summary: 'Replace a network',
      description: 'A secret that is sent as its exact mask stays unchanged.',
      tag,
      permission: 'networks:write',
      params: oneParams,
      body: networkBody,
      bodyValidation: 'service',
      responses: { 200: savedNetworkAnswer },
      handler: async (input) =>
        input.write(async (tx) =>
          saved(200, await service.replace(tx, writeContextOf(input), input.params.network_id, jsonBodyOf(input.body))),
        ),
    }),
    tenantRoute({
      method: 'PATCH',
      path: one,
      operationId: 'patchNetwork',
      summary: 'Change a network by a JSON merge patch',
      description:
        'RFC 7396 on the written form of the network. As the RFC says, null deletes a key, also inside the configuration; ' +
        'an array is replaced as a whole.',
      tag,
      permission: 'networks:write',
      params: oneParams,
      body: z.record(z.string(), z.unknown()),
      bodyValidation: 'service',
      responses: { 200: savedNetworkAnswer },
      handler: async (input) =>
        input.write(async (tx) =>
          saved(200, await service.patch(tx, writeContextOf(input), input.params.network_id, jsonBodyOf(input.body))),
        ),
    }),
    tenantRoute({
      method: 'DELETE',
      path: one,
      operationId: 'deleteNetwork',
      summary: 'Delete a network that no monitor uses',
      tag,
      permission: 'networks:write',
      params: oneParams,
      responses: { 204: null },
      handler: async (input) =>
        input.write(async (tx) => {
          await service.remove(tx, writeContextOf(input), input.params.network_id)
          return { status: 204 }
        }),
    }),
    tenantRoute({
      method: 'GET',
      path: `${one}/status`,
      operationId: 'getNetworkStatus',
      summary: 'How a network is followed: head, cursor, lag, gaps',
      tag,
      permission: 'networks:read',
      params: oneParams,
      responses: { 200: networkStatusAnswer },
      handler: async ({ tenant, params, read }) => ({
        status: 200,
        body: await read((tx) => service.getStatus(tx, tenant.id, params.network_id)),
      }),
    }),
  ]
}

function saved(status: number, { network, warnings }: SavedNetwork) {
  return { status, body: { ...network, warnings }, headers: { etag: etagOf(network.version) } }
}
