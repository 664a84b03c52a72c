import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { currentTenant, findRequestContext, runInRequest, type RequestContext } from './request-context.ts'

function contextOf(n: number): RequestContext {
  const actor = { kind: 'api_key', id: `key-${n}`, name: `key ${n}` } as const
  return { tenant: { id: `tenant-${n}`, slug: `slug-${n}` }, actor, requestId: `request-${n}` }
}

describe('the request context', () => {
  it('throws outside of a request instead of naming a tenant', () => {
    expect(() => currentTenant()).toThrow('there is no tenant here')
    expect(findRequestContext()).toBeUndefined()
  })

  it('keeps the tenants of concurrent requests apart across awaits', async () => {
    const seen = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        runInRequest(contextOf(n), async () => {
          await setImmediate()
          const first = currentTenant().id
          await setImmediate()
          return [first, currentTenant().id, findRequestContext()?.requestId]
        }),
      ),
    )
    expect(seen).toEqual(seen.map((_, n) => [`tenant-${n}`, `tenant-${n}`, `request-${n}`]))
  })
})
