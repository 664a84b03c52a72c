import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSecrets } from '../platform/secrets.ts'
import { startTestApi, type TestApi, type TestTenant } from '../testing/api-harness.ts'
import { createTenantKeys } from './tenant-key-service.ts'

let api: TestApi
let tenant: TestTenant

beforeAll(async () => {
  api = await startTestApi()
  tenant = await api.createTenant('acme')
})
afterAll(() => api.close())

const placeOf = (tenantId: string) => ({ tenantId, table: 'triggers', rowId: 'row', column: 'configuration' })

describe('the data key of a tenant', () => {
  it('opens through the door of the tenant and through that of the platform alike', async () => {
    const place = placeOf(tenant.id)
    const sealed = await api.database.withTenant(tenant.id, {}, async (tx) =>
      (await api.tenantKeys.forTenant(tx, tenant.id)).seal('secret', place),
    )
    const elsewhere = createTenantKeys(api)
    const opened = await api.database.withPlatform(async (tx) =>
      (await elsewhere.forTenant(tx, tenant.id)).open(sealed, place),
    )
    expect(opened).toBe('secret')
  })

  it('is read once while it is cached', async () => {
    let unwrapped = 0
    const keys = createTenantKeys({
      secrets: {
        unwrapTenantKey: (id, wrapped) => {
          unwrapped += 1
          return api.secrets.unwrapTenantKey(id, wrapped)
        },
      },
    })
    for (let n = 0; n < 3; n += 1) await api.database.withTenant(tenant.id, {}, (tx) => keys.forTenant(tx, tenant.id))
    expect(unwrapped).toBe(1)
  })

  it('is not to be had under another master key, of another tenant, or without a row', async () => {
    const stranger = createTenantKeys({ secrets: createSecrets(randomBytes(32)) })
    await expect(api.database.withTenant(tenant.id, {}, (tx) => stranger.forTenant(tx, tenant.id))).rejects.toThrow(
      'does not open',
    )
    const other = await api.createTenant('other')
    await expect(
      api.database.withTenant(other.id, {}, (tx) => createTenantKeys(api).forTenant(tx, tenant.id)),
    ).rejects.toThrow('no data key')
  })
})
